"""Profiles that are written as data: in a spec (`x-contract`), or in a YAML file."""
