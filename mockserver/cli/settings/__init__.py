"""Settings from the environment and from mockserver.toml."""
