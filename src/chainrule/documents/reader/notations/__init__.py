"""Notations that are turned into plainer ones before a document is read, each found by its own signs."""
