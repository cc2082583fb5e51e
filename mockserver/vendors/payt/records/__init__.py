"""Upserts, one module per record type."""
