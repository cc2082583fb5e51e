"""Payments and batch payments: create, list and delete them."""
