"""The accuracy atlas: errors of every operator beside those of SciPy, PyTorch and JAX, measured against balls."""
