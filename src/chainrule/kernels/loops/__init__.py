"""The compiled loops. Importing them imports numba.

Arrays are contiguous and of one dtype, float32 or float64. Numbers beside them are Python's, which are passed faster
than NumPy's, and are rounded to this dtype.
"""
