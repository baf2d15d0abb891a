"""Side-by-side comparisons; each prints one table and, on request, writes JSON."""
