"""The journal: entries, queries, verification, comparison, resending and export."""
