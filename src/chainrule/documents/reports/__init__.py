"""What was found in documents, in the forms in which people and programs read it."""
