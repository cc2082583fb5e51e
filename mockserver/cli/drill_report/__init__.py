"""What a drill tells: lines, files, a page, and the faults of a client that are known."""
