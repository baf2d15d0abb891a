"""Doctests of modules that stand on an extra are collected only where that extra is installed, programs never.

Processes of pytest-xdist share the machine's cores: with a thread per core in each of them, tests of estimators took
half as long again. A number of threads that is set outside is kept; .ci/release sets one.
"""

import os
from importlib.util import find_spec

if count := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before NumPy is imported
        os.environ.setdefault(variable, str(max(1, (os.cpu_count() or 1) // count)))

MODULES = {
    "torch": ["torch.py"],
    "jax": ["jax.py"],
    "numba": ["kernels/loops", "kernels/compiled.py"],
    "tensorboard": ["estimators/callbacks.py"],
    "matplotlib": ["estimators/plots.py"],
    "dask": ["storage/on_dask.py"],
    "onnx": ["export"],
}
collect_ignore = [
    f"src/chainrule/{module}" for extra, modules in MODULES.items() if find_spec(extra) is None for module in modules
]
collect_ignore_glob = ["tests/corpora/readings*/oracle.py"]  # programs, which test_readings.py runs
