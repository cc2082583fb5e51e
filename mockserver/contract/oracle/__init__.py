"""The oracle: what a request is, and whether its response fits; independent of the engine."""
