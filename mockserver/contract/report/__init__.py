"""Reports of a run for people, CI and reruns: one document, written in several formats."""
