"""The journal: entries, queries, verification, comparison, replay and export."""
