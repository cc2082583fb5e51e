"""Reports of a run in several formats: for people, for CI, and for reruns."""
