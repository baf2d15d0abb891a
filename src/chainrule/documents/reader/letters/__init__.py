"""How a document uses its letters: where they stand, what may stand beside them, and what they may mean."""
