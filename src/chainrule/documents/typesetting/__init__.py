"""Formulas and checked derivations for readers: MathML, lines of a terminal, pages, LaTeX."""
