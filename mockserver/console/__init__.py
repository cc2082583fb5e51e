"""The web pages: console, API pages, and what they are made of."""
