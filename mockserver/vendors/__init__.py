"""The vendors: a package each, named as its spec."""
