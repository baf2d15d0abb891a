"""What follows from the verdicts for the document: exit codes, and whether its result is right."""

import pytest

from chainrule import check_derivation
from chainrule.checking.derivations.report import Report, Step


def test_errors_that_reach_the_result_are_told_from_those_that_do_not():
    wrong = check_derivation(r"$$\frac{d}{dx} \tanh x = 1 - \tanh x = 1 - \tanh x + 0$$")
    assert (wrong.result, wrong.reaches_result) == (False, True)
    right = check_derivation(r"$$\frac{d}{dx} \tanh x = 1 - \tanh x = 1 - \tanh^2 x$$")
    assert (right.result, right.reaches_result) == (True, False)


def test_whether_an_error_reaches_an_undecided_result_is_not_known():
    report = check_derivation(r"$$\frac{d}{dx} \tanh x = 1 - \tanh x = q(x)$$")
    assert report.steps[0].verdict == "wrong"
    assert not report.steps[1].is_decided
    assert (report.result, report.reaches_result) == (None, None)
    assert "whether the last formula is right is not known" in str(report)
    assert "the last formula is right" not in str(report).splitlines()
    assert "reaches" not in str(report)


@pytest.mark.parametrize(
    ("first", "result"),
    [("verified", True), ("undefined here", None), ("held at the points tried", None), ("wrong", None)],
)
def test_a_result_is_right_by_its_last_step_only_if_the_steps_before_are_verified(first, result):
    verdicts = (first, "verified")
    steps = tuple(Step(at, 1, "a", "b", "=", verdict, chain=1) for at, verdict in enumerate(verdicts, start=1))
    assert Report("", steps).result is result
