"""Mutation: would the checks, or your tests, notice a wrong derivative?

Every single-edit mutant of a rule's derivatives (a sign, a factor, an axis, a transpose, a neighbouring function, a
swapped variable) is put in place, and must be noticed unless it computes the same. ``python -m
chainrule.checking.mutation`` does that for the registered rules with `check_rule`; `check_tests` for your test of your
code.

>>> import numpy as np
>>> from chainrule import rules
>>> report = check_tests(rules.dropout, lambda rule: rule(np.ones(2), np.ones(2)))
>>> report.ok, "mask * x_tangent -> mask" in str(report)
(False, True)
"""

from chainrule.checking.mutation.gate import run_gate
from chainrule.checking.mutation.noticing import check_tests
from chainrule.checking.mutation.report import MutationReport, Outcome
from chainrule.checking.mutation.sources import SourceMissing

__all__ = ["MutationReport", "Outcome", "SourceMissing", "check_tests", "run_gate"]
