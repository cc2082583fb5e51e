"""Sequences of calls checked against a model, and the undocumented behaviour of servers."""
