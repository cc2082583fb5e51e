"""Bytes and headers: one module per format, HTTP replies, instants, masks of credentials."""
