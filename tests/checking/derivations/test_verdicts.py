"""What the verdicts say, and when the checker must not say wrong."""

from pathlib import Path

import pytest

from chainrule import check_derivation
from chainrule.checking.derivations.compare import Task, compare, confirmed
from chainrule.checking.derivations.report import FAULTS, Report, Step

DOCUMENTS = Path(__file__).parent / "documents"


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


@pytest.mark.parametrize(
    ("step", "change", "kind"),
    [
        (r"\frac{d}{dx} \cosh x = -\sinh x", "changing -sinh(x) to sinh(x)", "sign"),
        (r"\frac{d}{dx} \tanh x = 1 - \tanh x", "changing tanh(x) to tanh(x)^2", "power"),
        (r"\frac{d}{dx} \tanh x = 1 - \tanh(\tanh(x))", "changing tanh(tanh(x)) to tanh(x)^2", "power"),
        (r"\frac{d}{dx} x^3 = 2 x^2", "changing 2 to 3", "constant"),
        (r"\frac{d}{dx} e^{c x} = e^{c x}", "changing e^{c x} to c e^{c x}", "factor"),
        (r"\log(a b) = \log a \cdot \log b", "changing log(a) · log(b) to log(a) + log(b)", "other"),
        (r"\frac{d}{dx} \frac{x}{1 + x} = \frac{1}{1 + x}", "changing 1/(1 + x) to 1/((1 + x)^2)", "power"),
    ],
)
def test_one_change_that_makes_a_step_true_is_suggested(step, change, kind):
    found = only(f"$${step}$$")
    assert found.verdict == "wrong"
    assert change in [repair.change for repair in found.repairs]
    assert found.repairs[0].kind == kind
    assert found.message.endswith("makes it true.")


def test_a_transposed_matrix_is_recognised():
    head = "---\nm: size\nn: size\nW: matrix m n\nx: vector n\nt: vector m\nL := (W x - t)^\\top (W x - t)\n---\n\n"
    step = only(head + r"$$\frac{\partial L}{\partial W} = 2 x (W x - t)^\top$$")
    assert step.verdict == "shapes do not fit"
    assert step.kind == "transposed"


def test_errors_that_reach_the_result_are_told_from_those_that_do_not():
    wrong = check_derivation(r"$$\frac{d}{dx} \tanh x = 1 - \tanh x = 1 - \tanh x + 0$$")
    assert (wrong.result, wrong.reaches_result) == (False, True)
    right = check_derivation(r"$$\frac{d}{dx} \tanh x = 1 - \tanh x = 1 - \tanh^2 x$$")
    assert (right.result, right.reaches_result) == (True, False)


NEVER_WRONG = [
    r"$$\frac{\partial L}{\partial z_k} = \delta_k, \qquad \frac{\partial L}{\partial W_{kj}} = \delta_k h_j$$",
    r"$$\log o_y = \log \frac{e^{a_y}}{\sum_k e^{a_k}}$$",
    r"$$w^\top x + b = 0$$",
    r"$$x = 3$$",
    r"$$\theta \leftarrow \theta - \eta \nabla J(\theta)$$",
    r"$$\frac{\partial \hat y}{\partial z} = \hat y (1 - \hat y)$$",
    r"$$\pi \approx 3.14$$",
    r"$$E[x] = \mathbb{E}[x]$$",
    r"$$f(x) = g(x)$$",
    r"$$\sigma_i(x) = x_i$$",
    "With $z = w x$ and $p = g(z)$.\n\n$$\\frac{\\partial p}{\\partial z} = p (1 - p)$$",
    "When the following is satisfied:\n\n$$x_i = \\sum_k e^{x_k}$$",
    r"$$\begin{array}{c} x \\ y \end{array} = 1$$",
    r"$$dz = a - y, \qquad dW = dz \, a^\top$$",
    "Let $z = w x$ and $p = \\tanh(2 w x)$.\n\n$$\\frac{\\partial p}{\\partial z} = 2 (1 - p^2)$$",
    "Let $L(a) = \\sum_k a_k^2$.\n\n$$\\frac{\\partial L}{\\partial a_k} = a_k \\delta_k$$",
]


@pytest.mark.parametrize("text", NEVER_WRONG)
def test_what_a_text_leaves_open_is_never_called_wrong(text):
    report = check_derivation(text)
    assert not [step for step in report.steps if step.verdict in FAULTS], report
    assert report.exit_code == 2


def test_a_convention_that_nothing_confirms_makes_no_step_wrong():
    (step,) = check_derivation(r"$$\sigma(x) = x^2 \sigma(-x)$$").steps
    assert step.verdict == "ambiguous"
    assert "σ is not defined and was taken as the sigmoid" in step.message


def test_wrong_rests_on_disjoint_balls_and_on_difference_quotients():
    from chainrule.checking.derivations.document import understand
    from chainrule.checking.derivations.sources import read

    question = understand(read("Let $f(x) = e^{2x}$.\n\n$$f''(x) = 2 f(x)$$")).questions[0]
    left, right = (question.read[id(m)].nodes[0] for m in question.chains[-1].members)
    task = Task(question.scope, left, right)
    found = compare(task)
    assert found.status == "different"
    assert all(not case.left.overlaps(case.right) for case in found.differing)
    assert confirmed(task, found)


def test_a_forward_mode_that_goes_astray_makes_nothing_wrong(monkeypatch):
    from chainrule.checking.derivations import numbers

    honest = numbers.ELEMENTARY["tanh"]
    monkeypatch.setitem(numbers.ELEMENTARY, "tanh", lambda x: 2 * honest(x) - honest(numbers.primal(x)))
    step = only(r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$")
    assert step.verdict == "not read"
    assert "difference quotients do not agree" in step.message


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


def test_an_inequality_that_needs_an_assumption_is_not_verified_under_it():
    declared = "---\nn: size\nt: vector n\nx: vector n\nuse: softmax as s\n---\n\n"
    step = only(declared + r"$$\sum_i t_i s_j - t_j \le s_j - t_j$$")
    assert (step.verdict, step.assumption) == ("held at the points tried", "the entries of t add up to 1")


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
