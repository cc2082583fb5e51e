"""Sequences of calls checked against a model, and what a server does where its documents are silent."""
