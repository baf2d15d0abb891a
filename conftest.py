"""Doctests of modules that stand on an extra are collected only where that extra is installed, programs never."""

from importlib.util import find_spec

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
