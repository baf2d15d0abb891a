"""From evidence and the certainty of the reading to a verdict."""
