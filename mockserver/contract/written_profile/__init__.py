"""Profiles written as data, in a spec (`x-contract`) or in a YAML file, with the values of one in Python."""
