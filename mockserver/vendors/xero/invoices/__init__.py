"""Invoices: storage, representation, lines, creation, updates."""
