"""Each statement as a definition or a claim, and all of them as one reading of the document."""
