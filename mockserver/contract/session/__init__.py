"""A run of the suite against one server."""
