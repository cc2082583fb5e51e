"""What an answer says: by its spec, under its names, of every item."""
