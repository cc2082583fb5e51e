"""Read responses: outcomes per item, conformance with the spec."""
