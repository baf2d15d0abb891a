"""Conclusions from verdicts about a document: exit codes, and whether its result is right."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.verdicts import VERDICTS, Note, Report, Step, shown, summary


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


WRONG = Step(7, 1, "a", "b", "=", "wrong", "With x = 1 they differ. " * 8)


def test_each_verdict_has_a_line():
    for verdict in VERDICTS:
        assert shown(Step(1, 1, "a", "b", "=", verdict, ""))[0].startswith("  line 1 ")


def test_long_messages_and_formulas_are_folded():
    lines = shown(Step(7, 1, "a", "b + " * 40, "=", "wrong", WRONG.message))
    assert lines[0].endswith("...")
    assert len(lines) > 2
    assert all(len(line) <= 100 for line in lines)


def test_the_summary_counts_verdicts_and_names_the_first_wrong_line():
    assert summary(Report("", ())) == "no relation found"
    assert summary(Report("", (WRONG,))).split("\n")[:2] == ["1 wrong", "first step to look at: line 7 (wrong)"]


def test_notes_stand_before_the_steps_with_their_line():
    text = str(Report("a.md", (WRONG,), (Note(3, "not read", "a reason"), Note(0, "internal error", "no"))))
    assert text.split("\n")[:3] == ["a.md", "  line 3: not read: a reason", "  internal error: no"]
