"""Settings of an organisation: lists that are read and not written."""
