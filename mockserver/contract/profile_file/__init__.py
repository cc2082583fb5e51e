"""Profiles that are data instead of Python code: `x-contract` in a spec, or a YAML file."""
