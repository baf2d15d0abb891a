"""The accuracy atlas: errors of each operator, compared with SciPy, PyTorch and JAX, measured against balls."""
