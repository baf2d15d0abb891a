"""Findings about documents, in the forms in which people and programs read them."""
