"""What the sentences around formulas say: kinds, facts, conditions, and whether a formula is claimed."""
