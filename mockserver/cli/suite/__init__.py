"""Contract runs, recorded traffic and cases."""
