"""The sentences around formulas: kinds, facts and conditions in them, and whether they claim a formula."""
