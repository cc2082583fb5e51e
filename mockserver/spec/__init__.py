"""OpenAPI documents, loaded, indexed and compiled."""
