"""Commands that work with a running server."""
