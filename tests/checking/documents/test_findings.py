"""Messages of verdicts: the counterexample, the cases in which a step holds, the change that makes it true."""

from pathlib import Path

import pytest

from chainrule.checking.documents import check_derivation

DOCUMENTS = Path(__file__).parent / "homework"


def only(text, **options):
    (step,) = (s for s in check_derivation(text, **options).steps if s.is_relation)
    return step


def at_line(report, line):
    return [step for step in report.steps if step.line == line and step.display]


@pytest.fixture(scope="module")
def softmax_homework():
    return check_derivation((DOCUMENTS / "softmax_homework.md").read_text())


@pytest.fixture(scope="module")
def network_homework():
    return check_derivation((DOCUMENTS / "network_homework.md").read_text())


def test_an_index_slip_is_shown_at_a_point_with_what_it_holds_for_and_what_would_be_true(softmax_homework):
    (step,) = at_line(softmax_homework, 14)
    assert step.verdict == "wrong"
    assert step.message == (
        "does not follow from the step before. With n = 3, i = 1, j = 2, x = (-0.879, 1.243, -0.758): left -0.796818, "
        "right -0.0954523. It holds when i = j and fails whenever i ≠ j. Changing σ(x)_i to σ(x)_j makes it true. "
        "Line 16 agrees with the head of the chain again."
    )
    assert step.kind == "index"
    assert step.holds == "i = j"
    assert step.counterexample.indices == {"i": 1, "j": 2}


def test_the_first_homework_has_its_faults_and_no_others(softmax_homework):
    assert sorted({step.line for step in softmax_homework.faults}) == [14, 16, 24, 32]
    assert [step.verdict for step in at_line(softmax_homework, 20)] == ["verified"]
    (malformed,) = at_line(softmax_homework, 28)
    assert "its denominator has no ∂" in malformed.message
    assert [step.verdict for step in at_line(softmax_homework, 36)] == ["verified"]
    assert [step.verdict for step in at_line(softmax_homework, 40)] == ["hypothesis, not checked"]
    assert [step.verdict for step in at_line(softmax_homework, 46)] == ["verified", "verified"]
    assert {note.line for note in softmax_homework.notes} == {36}


def test_the_second_homework_has_its_faults_and_no_others(network_homework):
    found = {step.line: step.verdict for step in network_homework.faults}
    assert set(found) == {5, 19, 21, 25, 38}
    assert [step.verdict for step in at_line(network_homework, 13)] == ["verified", "verified"]
    assert [step.verdict for step in at_line(network_homework, 15)] == ["verified", "verified"]
    (indicator,) = at_line(network_homework, 17)
    assert "an indicator without a condition" in indicator.message
    contribution = at_line(network_homework, 23)[0]
    assert contribution.message == "for what the summand k contributes"


def test_an_assumption_is_worded_as_one():
    text = r"""Let $\gamma_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$.

$$\sum_i t_i \gamma_j - t_j = \gamma_j - t_j$$"""
    assert only(text).message == "holds only if the entries of t add up to 1"
