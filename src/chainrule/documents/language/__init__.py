"""The strict language: terms, their shapes, and their text."""
