"""Runs of a check on balls and on floats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checking.ball import Inexact, Undecided
from chainrule.checking.balls import balls
from chainrule.checking.gradients.claim_at_point import ClaimAtPoint, as_given
from chainrule.checking.gradients.claims import WrongShapeError
from chainrule.checking.gradients.on_balls import BallCheck, NotOnBalls
from chainrule.checking.gradients.on_floats import FloatCheck
from chainrule.checking.rule_report import Mismatch, Unchecked
from chainrule.checking.user_code import on_balls


def run_on_balls(subject: ClaimAtPoint, bits: int) -> BallCheck | Mismatch:
    """The check with `bits`, repeated with 4 and 16 times as many bits while it stays undecided."""
    function = _to_balls(on_balls(subject.function))
    claim = replace(subject.claim, function=on_balls(subject.claim.function))
    for more in (1, 4, 16):
        check = BallCheck(subject.name, function, claim, subject.arrays, more * bits)
        try:
            with np.errstate(all="ignore"):
                check.run()
        except WrongShapeError as wrong:
            return Mismatch(subject.name, subject.claim.form, wrong.entry, wrong.got, wrong.expected)
        except Inexact as reason:
            raise NotOnBalls(str(reason)) from None
        except Undecided as reason:
            if more == 16:
                raise NotOnBalls(str(reason)) from None
            continue
        except NotOnBalls:
            raise
        except Exception as error:
            raise NotOnBalls(f"{type(error).__name__}: {error}") from None
        if not any(isinstance(finding, Unchecked) and finding.more_bits_may_help for finding in check.findings):
            break
    return check


def _to_balls(function: Callable[..., Any]) -> Callable[..., Any]:
    def on_arrays(*inputs: Any) -> Any:
        result = function(*inputs)
        return balls(np.asarray(result, dtype=object)) if isinstance(result, list) else balls(result)

    return on_arrays


def run_on_floats(subject: ClaimAtPoint) -> FloatCheck:
    """The check by Taylor remainders."""
    check = FloatCheck(subject.name, subject.function, subject.claim, as_given(subject.inputs))
    check.run()
    return check
