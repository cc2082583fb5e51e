"""OpenAPI files checked, shown and compared."""
