"""Lists: pages walked to their end, filters, counts and links."""
