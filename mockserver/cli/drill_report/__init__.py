"""Reports of a drill: lines on the terminal, files, a page; and the baseline of known faults."""
