"""Recorded traffic held against a spec and against our own server: where the two have drifted apart."""
