"""Catalogue cases: their language, the catalogue, and a runner that works over HTTP."""
