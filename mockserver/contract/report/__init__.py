"""What a run came to, for people, for CI and for whoever repeats it: one document, written in many ways."""
