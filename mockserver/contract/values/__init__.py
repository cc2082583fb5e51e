"""Check of values that servers are known to lose: values are sent, read back and compared."""
