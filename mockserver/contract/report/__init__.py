"""Reports of a run for people, for CI and for reruns: one document in several formats."""
