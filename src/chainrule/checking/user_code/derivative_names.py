"""The usual names of a derivative beside its function."""

from __future__ import annotations

from collections.abc import Callable

NAMES = {
    "gradient": ("{}_gradient", "{}_grad", "grad_{}", "gradient_{}"),
    "jacobian": ("{}_jacobian", "{}_jac", "jac_{}", "jacobian_{}"),
    "pullback": ("{}_pullback", "{}_vjp", "{}_backward", "backward_{}", "vjp_{}"),
    "slope": ("{}_slope", "{}_derivative", "{}_prime", "d_{}", "d{}"),
}
"""Names by form; {} is the function's name."""


def derivative_beside(name: str, is_there: Callable[[str], bool]) -> tuple[str, str] | None:
    """The form and the name of the first derivative of a function that is there.

    Examples
    --------
    >>> derivative_beside("loss", {"loss", "loss_grad"}.__contains__)
    ('gradient', 'loss_grad')
    """
    usual = ((form, pattern.format(name)) for form, patterns in NAMES.items() for pattern in patterns)
    return next((found for found in usual if is_there(found[1])), None)


def names_tried(name: str) -> list[str]:
    """All names under which a derivative is searched for.

    >>> names_tried("f")[:2]
    ['f_gradient', 'f_grad']
    """
    return [pattern.format(name) for patterns in NAMES.values() for pattern in patterns]
