"""Proofs of rules and functions in exact numbers, and checks in ball arithmetic, which proves differences.

>>> import numpy as np
>>> from chainrule import rules
>>> from chainrule.checking import check_rule
>>> check_rule(rules.softmax, np.array([1.0, 2.0, 3.0])).ok
True
"""

from chainrule.algebra.balls import (
    Ball,
    BallArray,
    Undecided,
    balls,
    midpoints,
    overlap,
    precision,
    radii,
    relative_accuracy,
)
from chainrule.checking.comparing import Mismatch, Unchecked
from chainrule.checking.floats import ulp_errors
from chainrule.checking.gradients import GradientReport, assert_gradient, check_gradient
from chainrule.checking.mutation import MutationReport, check_tests
from chainrule.checking.proofs import Proof, prove_identity, prove_rule
from chainrule.checking.quotients import Quotient, difference_quotient
from chainrule.checking.rule_checks import assert_rule, check_rule
from chainrule.checking.rule_report import RuleReport

__all__ = [
    "Ball",
    "BallArray",
    "GradientReport",
    "Mismatch",
    "MutationReport",
    "Proof",
    "Quotient",
    "RuleReport",
    "Unchecked",
    "Undecided",
    "assert_gradient",
    "assert_rule",
    "balls",
    "check_gradient",
    "check_rule",
    "check_tests",
    "difference_quotient",
    "midpoints",
    "overlap",
    "precision",
    "prove_identity",
    "prove_rule",
    "radii",
    "relative_accuracy",
    "ulp_errors",
]
