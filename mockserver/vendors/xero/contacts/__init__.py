"""Contacts: find, list, create, change and archive them."""
