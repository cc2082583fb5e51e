"""Scenarios: named documents that bend behaviour, rule by rule: match → effect (`docs/scenarios.md`)."""
