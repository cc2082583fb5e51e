"""The oracle: judges requests and their responses, independent of the engine."""
