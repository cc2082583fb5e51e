"""Pages for people: the web console and the documentation."""
