"""Blocks of declarations, and the sets whose members letters are."""
