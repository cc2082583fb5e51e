"""The store in Redis or Valkey for everything that several workers share."""
