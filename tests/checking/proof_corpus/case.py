"""One claim about a derivative, with the verdict that is true of it."""

from collections.abc import Callable
from dataclasses import dataclass

NUMPY, TORCH, PYTHON = "numpy", "torch", "python"


@dataclass(frozen=True)
class Case:
    """A function, a written derivative of it, a point, and whether the derivative is right at the point.

    The claim has one key: gradient, jacobian, pullback or slope. `why` says what is hard about the case;
    `kink` marks inputs at which a formula of the function changes, though the function has a derivative there.
    """

    name: str
    style: str
    function: Callable
    inputs: tuple
    claim: dict
    right: bool
    why: str = ""
    kink: bool = False
