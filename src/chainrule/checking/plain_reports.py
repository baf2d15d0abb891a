"""Reports of checks of code as plain values, which JSON can hold."""

from __future__ import annotations

from typing import Any

from chainrule.checking.comparing import Mismatch
from chainrule.checking.gradients import GradientReport
from chainrule.checking.proofs import Proof
from chainrule.checking.rule_report import RuleReport


def plain_report(report: GradientReport | RuleReport) -> dict[str, Any]:
    """The verdict, the statement that was proved, wrong entries, the slip that explains them, and what is unchecked.

    Examples
    --------
    >>> from chainrule.checking import check_gradient
    >>> found = plain_report(check_gradient(lambda x: x**2, 3.0, gradient=lambda x: 2.5 * x))
    >>> found["verdict"], found["failures"]
    ('fail', [{'entry': 'x', 'got': '7.500000000', 'expected': '6.000000000', 'numbers': [7.5, 6.0]}])
    """
    return {
        "verdict": report.verdict,
        "proof": report.proof.claim if report.proof else None,
        "failures": [_failure(failure) for failure in report.failures],
        "slip": report.slip,
        "unchecked": [reason.reason for reason in report.unchecked],
    }


def plain_proof(proof: Proof) -> dict[str, Any]:
    """The verdict, the statement that was proved, points where the sides differ, and what is unchecked.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.checking import prove_identity
    >>> found = plain_proof(prove_identity(lambda x: np.sqrt(x * x), lambda x: x, shapes={"x": ()}))
    >>> found["verdict"], found["differences"][0]["numbers"]
    ('fail', {'values': {'x': -0.6875}, 'left': 0.6875, 'right': -0.6875})
    """
    return {
        "verdict": proof.verdict,
        "proof": proof.claim if proof.ok else None,
        "differences": [
            {
                "entry": each.entry,
                "left": each.left,
                "right": each.right,
                "numbers": {"values": dict(each.at), "left": number(each.left), "right": number(each.right)},
            }
            for each in proof.differences
        ],
        "unchecked": list(proof.unchecked),
    }


def number(text: str) -> float | None:
    """The number that a text says, if it is a finite one.

    >>> number("7.5"), number("shape (3,)"), number("nan")
    (7.5, None, None)
    """
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


# What follows is private.


def _failure(failure: Mismatch) -> dict[str, Any]:
    numbers = [number(failure.got), number(failure.expected)]
    return {
        "entry": failure.entry,
        "got": failure.got,
        "expected": failure.expected,
        "numbers": None if None in numbers else numbers,
    }
