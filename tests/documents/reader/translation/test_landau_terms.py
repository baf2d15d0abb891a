"""Limits and Taylor's formula, as they are written."""

import pytest

from chainrule.documents.checked import check_derivation
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.translation.landau_terms import orders, without_orders

SETTING = r"Let $f : \mathbb{R} \to \mathbb{R}$ be differentiable, and $x > 0$."
VECTORS = (
    r"Let $f : \mathbb{R}^n \to \mathbb{R}$, $g : \mathbb{R}^n \to \mathbb{R}^m$ and $A \in \mathbb{R}^{n \times n}$."
)


def verdict_of(formula, setting=SETTING):
    return [each.verdict for each in check_derivation(f"{setting}\n\n$$\n{formula}\n$$").steps][-1]


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("x + o(h)", [("h", 1)]),
        ("x + O(h^2)", [("h", 1)]),
        (r"x + o(\|h\|^2)", [("h", 2)]),
        (r"x + \mathcal{O}(\epsilon^3)", [("epsilon", 2)]),
        (r"x + o_{h \to 0}(|h|)", [("h", 1)]),
        ("x + O(h)", [("h", 0)]),
        ("x o(h)", []),
        ("x + o(h, k)", []),
        ("x + f(h)", []),
    ],
)
def test_terms_that_tend_to_0_have_a_variable_and_a_power(formula, found):
    [chain] = chains_of(formula)
    assert [(letter.text, power) for letter, power in orders(chain.members[0])] == found


def test_the_other_terms_stay():
    [chain] = chains_of("x + o(h) - y")
    [rest] = chains_of("x - y")
    kept = without_orders(chain.members[0])
    assert [each.text for each in kept.terms] == [each.text for each in rest.members[0].terms]
    assert kept.signs == (1, -1)
    [chain] = chains_of("o(h)")
    assert without_orders(chain.members[0]) is None


@pytest.mark.parametrize(
    "formula",
    [
        r"f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}",
        r"\lim_{h \to 0} \frac{f(x + h) - 2 f(x) + f(x - h)}{h^2} = f''(x)",
        r"\lim_{h \to 0} 2 x + h = 2 x",
        r"\lim_{y \to x} \frac{y^2 - x^2}{y - x} = 2 x",
        "f(x + h) = f(x) + f'(x) h + o(h)",
        r"f(x + h) = f(x) + f'(x) h + \frac{1}{2} f''(x) h^2 + O(h^3)",
        r"\frac{f(x + h) - f(x - h)}{2 h} = f'(x) + O(h^2)",
        r"\log(1 + x) = x - \frac{x^2}{2} + O(x^3)",
        "|x + h| = |x| + h + o(h)",
        "f(x + h) + o(h) = f(x) + f'(x) h",
    ],
)
def test_right_limits_and_expansions_are_proved(formula):
    assert verdict_of(formula) == "proved"


@pytest.mark.parametrize(
    "formula",
    [
        r"\lim_{h \to 0} \frac{f(x + h) - f(x)}{h} = f(x)",
        r"\lim_{h \to 0} \frac{f(x + h) - f(x - h)}{h} = f'(x)",
        r"\lim_{h \to 0} \frac{\cos h - 1}{h^2} = \frac{1}{2}",
        "f(x + h) = f(x) + O(h^2)",
        "f(x + h) = f(x) + f'(x) h + o(h^2)",
        "f(x + h) = f(x) + f(x) h + o(h)",
        "|x + h| = |x| + o(h)",
    ],
)
def test_wrong_limits_and_expansions_are_wrong(formula):
    assert verdict_of(formula) == "wrong"


@pytest.mark.parametrize(
    "formula",
    [
        r"\lim_{h \to 0} \frac{|h|}{h} = 1",
        r"\lim_{h \to 0^+} \frac{|h|}{h} = 1",
        r"\lim_{h \to 0} \frac{\max(0, h)}{h} = 1",
        r"\lim_{h \to 0} \frac{1}{h} = 0",
        r"\lim_{x \to \infty} x e^{-x} = 0",
        "|h| = o(h)",
        "f(x + h + k) = f(x) + o(h) + o(k)",
    ],
)
def test_nothing_is_proved_of_limits_that_are_not_found(formula):
    assert verdict_of(formula) in ("undecided", "not read")


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"(x + h)^T A (x + h) = x^T A x + h^T (A + A^T) x + o(\|h\|)", "proved"),
        (r"(x + h)^T A (x + h) = x^T A x + 2 h^T A x + o(\|h\|)", "proved if"),
        (r"f(x + h) = f(x) + \langle \nabla f(x), h \rangle + o(\|h\|)", "proved"),
        (r"f(x + h) = f(x) + 2 \langle \nabla f(x), h \rangle + o(\|h\|)", "wrong if read so"),
        (r"g(x + h) = g(x) + J_g(x) h + o(\|h\|)", "proved"),
    ],
)
def test_expansions_in_vectors(formula, verdict):
    assert verdict_of(formula, VECTORS) == verdict


def test_steps_after_an_expansion_are_compared_with_it_alone():
    display = r"\begin{aligned} f(x + h) &= f(x) + f'(x) h + o(h) \\ &= f(x) + 2 f'(x) h + o(h) \end{aligned}"
    found = [each.verdict for each in check_derivation(f"{SETTING}\n\n$$\n{display}\n$$").steps]
    assert found[-2:] == ["proved", "wrong"]


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"f(x + h) - f(x) \approx f'(x) h", "proved if"),
        (r"f'(x) \approx \frac{f(x + \epsilon) - f(x - \epsilon)}{2 \epsilon}", "proved if"),
        (r"\log(1 + h) \approx h", "proved if"),
        (r"f(x + h) \approx f(x) + 2 f'(x) h", "undecided"),
        (r"f'(x) \approx \frac{f(x + h) - f(x - h)}{h}", "undecided"),
        (r"e^x \approx 1 + x", "undecided"),
        (r"h_i \approx x", "undecided"),
    ],
)
def test_approximations_are_meant_for_small_letters(formula, verdict):
    assert verdict_of(formula) == verdict


def test_what_an_approximation_means_is_told():
    step = check_derivation(f"{SETTING}\n\n$$f(x + h) \\approx f(x) + f'(x) h$$").steps[-1]
    assert step.assumed == ("≈ is meant to first order in h",)


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"\lim_{h \to} f(h) = 0", "a place that is empty"),
        (r"\lim_{h} f(h) = 0", "a limit; expected below lim a letter, an arrow and a value"),
    ],
)
def test_a_limit_that_is_not_read_says_what_is_missing(formula, reason):
    step = check_derivation(f"{SETTING}\n\n$$\n{formula}\n$$").steps[-1]
    assert step.verdict == "not read"
    assert reason in step.message


SIGMOID = "$$\\sigma(s) = \\frac{1}{1 + e^{-s}}$$\n\n"


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\lim_{s \to \infty} \sigma(s) = 1", "proved"),
        (r"\lim_{s \to -\infty} \sigma(s) = 0", "proved"),
        (r"\lim_{s \to +\infty} \tanh(s) = 1", "proved"),
        (r"\lim_{s \to \infty} \sigma'(s) = 0", "proved"),
        (r"\lim_{x \to \infty} \frac{3x^2 + 1}{2x^2 - x} = \frac{3}{2}", "proved"),
        (r"\lim_{x \to -\infty} \frac{|x|}{x} = -1", "proved"),
        (r"\lim_{s \to \infty} \sigma(s) = 0", "wrong if read so"),
        (r"\lim_{s \to -\infty} \tanh(s) = 1", "wrong if read so"),
        (r"\lim_{x \to -\infty} \frac{|x|}{x} = 1", "wrong if read so"),
        (r"\lim_{x \to \infty} x = \infty", "not read"),
    ],
)
def test_limits_at_infinity(formula, verdict):
    assert check_derivation(f"{SIGMOID}$${formula}$$", repairs=False).claims[-1].verdict == verdict
