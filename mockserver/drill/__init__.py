"""Tests of clients: cases of partial failure, and the oracle that judges what a client does in them."""
