"""Generated calls: cases of Schemathesis, and walks along links."""
