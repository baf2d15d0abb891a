"""Comparisons with other packages. Each prints a table and writes JSON on request."""
