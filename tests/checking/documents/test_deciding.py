"""The checks before a step is called wrong, and the steps that are never called wrong."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.verdicts import FAULTS


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


@pytest.mark.parametrize(
    ("definition", "claims"),
    [
        ("f = 1 / 2 x", {r"\frac{x}{2}": "verified", r"\frac{1}{2 x}": "verified", r"\frac{1}{x}": "wrong"}),
        (r"f = \sin x y", {r"\sin(x y)": "verified", r"(\sin x) y": "verified", r"\cos(x y)": "wrong"}),
    ],
)
def test_a_step_is_wrong_only_if_it_fails_in_every_reading_of_a_definition(definition, claims):
    for claim, verdict in claims.items():
        assert only(f"Let ${definition}$.\n\n$$f = {claim}$$").verdict == verdict, claim


@pytest.mark.parametrize(
    "display", [r"a := \sigma(x)", r"a := \sigma(W x)", r"\frac{\partial \sigma(u^\top W v)}{\partial W} = D"]
)
def test_a_function_without_its_argument_is_taken_at_a_number(display):
    declared = "---\nx, v: vector n\nu: vector m\nW, D: matrix m n\nuse: sigmoid as \\sigma\n---\n\n"
    claims = (r"\sigma' = \sigma (1 - \sigma)", r"\sigma' = \sigma - \sigma^2", r"\sigma' = \sigma (1 + \sigma)")
    steps = [check_derivation(f"{declared}$${display}$$\n\n$${claim}$$").steps[-1] for claim in claims]
    assert [step.verdict for step in steps[:2]] == ["verified", "verified"]
    assert steps[2].verdict in FAULTS


def test_a_step_is_wrong_if_it_fails_in_the_only_reading_whose_shapes_fit():
    text = "---\nw: vector n\n---\nLet $J = \\frac12 \\|w\\|^2$.\n\n$$J(w + w) = %s J$$"
    assert [only(text % factor).verdict for factor in "42"] == ["verified", "wrong"]


def test_a_product_is_not_read_as_a_function_of_itself_where_its_shapes_do_not_fit():
    declared = "---\nz: vector n\nuse: sigmoid as \\sigma\n---\n\n$$a := \\sigma(z)$$\n\n"
    steps = [
        only(declared + rf"$$\frac{{\partial a}}{{\partial z}} = \operatorname{{diag}}({product})$$")
        for product in ("a (1 - a)", r"a \odot (1 - a)")
    ]
    assert [step.verdict for step in steps] == ["shapes do not fit", "verified"]
    assert [repair.change for repair in steps[0].repairs] == ["changing a (1 - a) to a ⊙ (1 - a)"]


def test_vectors_are_rows_where_they_cannot_be_columns():
    text = "---\nx, y: vector n\nW: matrix n n\n---\n\n$$%s$$"
    claims = [r"x W y^\top = y W^\top x^\top", r"\mathbf{1} x^\top = \sum_i x_i", r"x y^\top = y x^\top"]
    assert [only(text % claim).verdict for claim in claims] == ["verified", "verified", "wrong"]


def test_a_letter_that_only_seems_to_be_a_vector_may_be_a_number():
    text = "---\nW: matrix n n\nx, y: vector n\n---\n\n$$%s$$"
    claims = [r"W - q x y^\top = W - (q x) y^\top", r"W - q x y^\top = W - (q y) x^\top"]
    assert [only(text % claim).verdict for claim in claims] == ["verified", "not read"]
