"""Documents of several formats as one sequence of prose and formulas, each with its place in the file."""
