"""One run as somebody asked for it: what is said before it calls, what was known, how it is repeated."""
