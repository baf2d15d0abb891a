"""Doctests of modules that stand on an extra are collected only where that extra is installed."""

from importlib.util import find_spec

collect_ignore = [f"src/chainrule/{extra}.py" for extra in ("torch", "jax") if find_spec(extra) is None]
