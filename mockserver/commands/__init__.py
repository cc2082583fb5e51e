"""The larger commands, each imported when it is called."""
