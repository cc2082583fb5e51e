"""Values survive: what was accepted is what is read, member by member and in every media type."""
