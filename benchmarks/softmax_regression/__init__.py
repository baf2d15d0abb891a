"""Softmax regression beside its peers: see `python -m benchmarks.softmax_regression --help`."""
