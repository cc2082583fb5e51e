"""Values that servers are known to lose, sent and compared with what is read back."""
