"""Reports of a drill: terminal lines, files, a GitHub summary, and the baseline of known faults."""
