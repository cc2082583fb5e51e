"""Replies: envelope and errors, batch results, lists and their filters."""
