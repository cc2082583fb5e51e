"""Generated calls, from Schemathesis and along links."""
