"""Signs of equivalence between equations."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def signs(rows, before="For numbers $x$ and $y$:"):
    steps = steps_of(pieces_of(f"{before}\n\n$${rows}$$", "a.md")).steps
    return [step.verdict.name for step in steps if step.sign == "<=>"]


@pytest.mark.parametrize(
    ("rows", "verdicts"),
    [
        (r"3 x + y = 1 \iff y = 1 - 3 x", ["proved"]),
        (r"3 x + y = 1 \iff y = 1 - 2 x", ["hypothesis"]),
        (r"x = 2 \iff x^2 = 4", ["hypothesis"]),
        (r"x^2 = 4 \iff x = 2", ["hypothesis"]),
        (r"x^2 = 4 \iff (x - 2)(x + 2) = 0", ["proved"]),
        (
            r"2 x + 4 = 6 y \\ \iff x + 2 = 3 y \\ \iff x = 3 y - 2 \\ \iff x^2 = (3 y - 2)^2",
            ["proved"] * 2 + ["hypothesis"],
        ),
        (r"2 x + 4 = 6 y \\ \iff x = 3 y \\ \iff x + y = 4 y", ["hypothesis", "proved"]),
        (r"(x + 1)^2 = x^2 + 2 x + 1 \iff (x - 1)^2 = x^2 - 2 x + 1", ["proved"]),
        (r"(x + 1)^2 = x^2 + 2 x + 1 \iff x = 2 y", ["hypothesis"]),
        (r"x = 2 y \iff (x + 1)^2 = x^2 + 2 x + 1", ["hypothesis"]),
        (r"x = 2 y = 6 \iff y = \frac{x}{2}", ["hypothesis"]),
        (r"\log x - \log y = 3 \iff \log \frac{x}{y} = 3", ["hypothesis"]),
        (r"\log x^2 = 0 \iff 2 \log x = 0", ["hypothesis"]),
        (r"2 \log x = 0 \iff \log x^2 = 0", ["hypothesis"]),
        (r"\frac{x^2}{x} = 0 \iff x = 0", ["hypothesis"]),
        (r"x = 0 \iff \frac{x^2}{x} = 0", ["hypothesis"]),
        (r"\log y = x \iff y = e^x", ["verified"]),
        (r"\log \frac{y}{1 - y} = x \iff \frac{y}{1 - y} = e^x", ["proved"]),
        (r"\log \frac{y}{1 - y} = x \iff \frac{y}{1 - y} = e^{-x}", ["hypothesis"]),
        (r"y^2 = e^{2 x} \iff \log y = x", ["hypothesis"]),
        (r"\log y = x \iff y^2 = e^{2 x}", ["hypothesis"]),
        (r"2 \log x = \log y + \log x \iff x = y", ["hypothesis"]),
        (r"x = y \iff 2 \log x = \log y + \log x", ["hypothesis"]),
        (r"e^x = -1 \iff e^y = 3", ["hypothesis"]),
    ],
)
def test_equations_are_equivalent_if_both_hold_or_each_follows_from_the_first(rows, verdicts):
    assert signs(rows) == verdicts


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (r"2 x > y \iff y < 2 x", "proved"),
        (r"2 x \ge y \iff x - \frac{y}{2} \ge 0", "proved"),
        (r"x^3 > 0 \iff x > 0", "verified"),
        (r"\frac{1}{1 + e^{-x}} > 0.5 \iff e^{-x} < 1", "verified"),
        (r"\frac{e^x}{e^x + e^y} \ge \frac{e^y}{e^x + e^y} \iff x \ge y", "verified"),
        (r"2 x > y \iff 2 x \ge y", "hypothesis"),
        (r"2 x > y \iff 2 x < y", "hypothesis"),
        (r"2 x > y \iff 2 x = y", "hypothesis"),
        (r"x > 0 \iff x^2 > 0", "hypothesis"),
        (r"x > 0 \iff x y > 0", "hypothesis"),
        (r"\frac{1}{x} \ge 0 \iff x \ge 0", "hypothesis"),
        (r"\frac{1}{1 + e^{-x}} > 0.5 \iff e^{-x} > 1", "hypothesis"),
        (r"\frac{1}{1 + e^{-x}} > 0.50001 \iff x > 0", "hypothesis"),
        (r"e^x > 2 \iff x > 0.6931", "hypothesis"),
        (r"e^x > 2 \iff x > 0.693147180559945309417", "hypothesis"),
        (r"\frac{x^2}{x} + 1 \ge 0 \iff x + 1 \ge 0", "hypothesis"),
        (r"e^x > -1 \iff x > -10000", "hypothesis"),
        (r"x > y > 0 \iff x > 0", "hypothesis"),
    ],
)
def test_inequalities_are_equivalent_if_their_differences_have_the_same_sign(rows, verdict):
    assert signs(rows) == [verdict]


@pytest.mark.parametrize(
    ("rows", "verdict"), [(r"x^2 = 4 \iff x^3 = 8", "proved"), (r"x^2 = 4 \iff x = 3", "hypothesis")]
)
def test_equations_may_be_equivalent_where_another_equation_of_the_text_holds(rows, verdict):
    assert signs(rows, "Let $x$ be a number with $$x = 2 .$$ Hence") == [verdict]


def test_what_follows_from_a_derivative_that_is_zero_is_not_equivalent_to_any_equation():
    before = "Let $E(w) = w^2 - 2 w$.\n\n$$\\frac{dE}{dw} = 2 w - 2$$\n\nSetting it to zero, we get"
    assert signs(r"y = 3 \iff w = 1", before) == ["hypothesis"]


def test_a_sign_without_a_verdict_says_why():
    step = check_derivation(r"$$z^2 = e^{2s} \iff \log z = s$$", repairs=False).steps[1]
    assert (step.relation, step.verdict) == ("<=>", "hypothesis")
    assert step.message.startswith("Nothing shows that the formulas beside the sign are equivalent, so")
