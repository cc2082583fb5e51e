"""Sandboxes and their contents."""
