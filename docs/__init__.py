"""Documents, and the programs that write those of them that are generated."""
