"""Who may enter: tokens, scopes, connections, and the organisation that a tenant is."""
