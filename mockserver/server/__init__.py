"""The HTTP server, on uvicorn: Connexion routes and secures the calls of each vendor."""
