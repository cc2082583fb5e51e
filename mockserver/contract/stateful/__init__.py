"""Stateful tests: sequences of calls checked against a model."""
