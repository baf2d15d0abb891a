"""What else a document might mean by a claim, and what a proof assumes that the text does not say."""
