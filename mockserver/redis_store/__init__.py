"""Everything that several workers share, kept in Redis or Valkey."""
