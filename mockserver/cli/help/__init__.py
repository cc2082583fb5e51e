"""Help by theme, and the values that complete with TAB."""
