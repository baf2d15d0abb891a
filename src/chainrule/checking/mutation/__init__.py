"""Mutation: would the checks, or your tests, notice a wrong derivative?

A mutant is a rule with one edit: another sign, factor, axis, function or variable, or a transpose. Proofs and checks
run on each mutant and must refuse it unless it computes the same. ``python -m chainrule.checking.mutation`` tests the
checks of the registered rules in this way, and `check_tests` tests your test of your code.

>>> import numpy as np
>>> from chainrule import rules
>>> report = check_tests(rules.dropout, lambda rule: rule(np.ones(2), np.ones(2)))
>>> report.ok, "x_tangent * residuals[0] -> x_tangent" in str(report)
(False, True)
"""

from chainrule.checking.mutation.gate import run_gate
from chainrule.checking.mutation.live_functions import SourceMissing
from chainrule.checking.mutation.mutants import MutationReport, Outcome
from chainrule.checking.mutation.user_tests import check_tests

__all__ = ["MutationReport", "Outcome", "SourceMissing", "check_tests", "run_gate"]
