"""From written trees to terms of the strict language, under one reading of the document."""
