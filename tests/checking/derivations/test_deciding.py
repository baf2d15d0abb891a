"""What is tried before a step is called wrong, and what is never called wrong."""

import pytest

from chainrule import check_derivation
from chainrule.checking.derivations.verdicts import FAULTS


def only(text, **options):
    (step,) = (s for s in check_derivation(text, **options).steps if s.is_relation)
    return step


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


def test_an_inequality_that_needs_an_assumption_is_not_verified_under_it():
    declared = "---\nn: size\nt: vector n\nx: vector n\nuse: softmax as s\n---\n\n"
    step = only(declared + r"$$\sum_i t_i s_j - t_j \le s_j - t_j$$")
    assert (step.verdict, step.assumption) == ("held at the points tried", "the entries of t add up to 1")
