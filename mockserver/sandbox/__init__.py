"""Sandboxes and everything that they store."""
