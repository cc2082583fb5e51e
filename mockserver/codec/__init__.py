"""Bytes to documents and back: one module a format."""
