"""A mock and contract-testing server for batch APIs: the envelope judged strictly, each item on its own."""

__version__ = "0.1.0"
