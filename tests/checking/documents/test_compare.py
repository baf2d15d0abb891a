"""Two sides compared at points: equal, different, or why there is no answer."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.compare import Task, compare, confirmed


def only(text, **options):
    (step,) = (s for s in check_derivation(text, **options).steps if s.is_relation)
    return step


def test_wrong_rests_on_disjoint_balls_and_on_difference_quotients():
    from chainrule.checking.documents.document import understand
    from chainrule.checking.documents.sources import read

    question = understand(read("Let $f(x) = e^{2x}$.\n\n$$f''(x) = 2 f(x)$$")).questions[0]
    left, right = (question.read[id(m)].nodes[0] for m in question.chains[-1].members)
    task = Task(question.scope, left, right)
    found = compare(task)
    assert found.status == "different"
    assert all(not case.left.overlaps(case.right) for case in found.differing)
    assert confirmed(task, found)


def test_undefined_points_are_left_for_others():
    assert only(r"$$\log(x y) = \log x + \log y$$").verdict == "verified"
    assert only(r"$$\frac{d}{dp} (\log p + \log(1 - p)) = \frac{1}{p} - \frac{1}{1 - p}$$").verdict == "verified"
    assert only(r"$$\log(-e^x) = x$$").verdict == "undefined here"


@pytest.mark.parametrize(
    "claim", [r"\tanh^2 x < 1", r"1 \geq \tanh^2 x", r"x \le |x|", r"e^x > 0", "1 ≤ 2", r"-2 \leq \tanh x - 1"]
)
def test_an_inequality_holds_at_the_points_tried_and_is_not_verified(claim):
    report = check_derivation(f"$${claim}$$")
    assert [step.verdict for step in report.steps] == ["held at the points tried"]
    assert report.exit_code == 2
    assert report.counts == {"held at the points tried": 1}
    assert not report.steps[0].is_decided
    assert report.result is None


def test_an_inequality_that_fails_at_a_point_is_wrong():
    assert only(r"$$\cosh x < 1$$").verdict == "wrong"


@pytest.mark.parametrize("sign", [
    r"\approx", r"\sim", r"\simeq", r"\lesssim", r"\gtrsim", r"\ll", r"\gg", r"\propto", r"\cong", r"\asymp",
    r"\approxeq", r"\lessapprox", "≈", "∼", "≃", "≅", "≲", "≳", "≪", "≫", "≍",
])  # fmt: skip
def test_an_approximation_is_not_checked(sign):
    report = check_derivation(rf"$$x + x {sign} 2x$$")
    assert [step.verdict for step in report.steps] == ["not read"]
    assert report.exit_code == 2


def test_equalities_beside_an_inequality_are_verified_and_not_held_against_the_head():
    report = check_derivation(r"$$\tanh^2 x = (\tanh x)^2 \le 1 = 2 - 1$$")
    assert [step.verdict for step in report.steps] == ["verified", "held at the points tried", "verified"]
    assert [step.head for step in report.steps] == ["", "", ""]
    assert report.result is None
