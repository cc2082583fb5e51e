"""Recorded traffic held against the spec and against our own server."""
