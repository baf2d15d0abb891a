"""Softmax regression compared with other packages: see `python -m benchmarks.softmax_regression --help`."""
