"""Other things that a document might mean by a claim, and assumptions of proofs that the text does not say."""
