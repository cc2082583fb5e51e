"""Scenarios: named documents whose rules match calls and change their effects and responses."""
