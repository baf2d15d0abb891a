"""Evidence for claims of the strict language: proofs for all values at small sizes, and counterexamples."""
