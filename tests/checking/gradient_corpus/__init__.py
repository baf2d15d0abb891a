"""User code with hand-written gradients, right and wrong, that judges a gradient checker; see case.py for a record."""

from . import (
    activations,
    cross_entropies,
    delicate,
    distances,
    extremes,
    layers,
    losses,
    normalisations,
    opaque,
    opaque_jax,
    opaque_torch,
    small_errors,
    softmaxes,
    windows,
)
from .case import KINDS, Case

MODULES = (
    softmaxes,
    cross_entropies,
    activations,
    losses,
    distances,
    layers,
    normalisations,
    windows,
    small_errors,
    delicate,
    extremes,
    opaque,
    opaque_torch,
    opaque_jax,
)
CASES: tuple[Case, ...] = tuple(case for module in MODULES for case in module.CASES)

__all__ = ["CASES", "KINDS", "MODULES", "Case"]
