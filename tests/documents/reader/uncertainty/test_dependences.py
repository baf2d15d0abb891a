"""How names in claims depend on others: what the text does not show proves nothing."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.reading import read
from chainrule.documents.reader.uncertainty.dependences import nothing_shows
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.sources.opening import pieces_of


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).claims]


def test_all_that_a_claim_uses_counts_with_its_derivatives():
    doubts = Doubts(
        read(pieces_of("Let $y = q^2$ and $z = 3 y$.\n\n$$\\frac{dz}{dq} = 6 q$$\n\n$$z = 3 q^2$$", "a.md"))
    )
    first, second = doubts.reading.derivation.claims
    shown = doubts.dependences
    assert shown.used(first) >= {"z", "y", "q"}
    assert [len(shown.slopes(each)) for each in (first, second)] == [1, 0]
    assert [shown.changes(each) for each in (first, second)] == [True, False]
    [slope] = shown.slopes_in_sides(first)
    assert shown.depends(slope)
    assert nothing_shows(slope) == "nothing shows that z depends on q"
    assert not [*shown.not_shown(first), *shown.not_shown(second)]


RECURRENT = r"""$$c_t = f_t c_{t-1} + g_t$$

$$h_t = \tanh(c_t)$$

$$\frac{\partial J}{\partial c_t} = (1 - h_t^2) \frac{\partial J}{\partial h_t}$$"""


@pytest.mark.parametrize("times", ["", "For all $t = 1, \\dots, T$:\n\n"])
def test_entries_that_are_made_of_other_entries_prove_nothing(times):
    assert verdicts(times + RECURRENT)[-1] not in ("proved", "verified", "held", "proved if")


def test_a_step_of_descent_says_nothing_about_derivatives():
    text = r"""Let $J = q_t^2$. We set $q_{t+1} = q_t - \eta g_t$.

$$\frac{\partial J}{\partial q_t} = 2 q_t$$"""
    assert verdicts(text)[-1] == "proved"


@pytest.mark.parametrize("function", ["F(x)", "F_2(x)", "F^{(2)}(x)", "F_k(x)"])
def test_a_value_with_arguments_moves_with_them(function):
    claim = r"$$\frac{\partial J}{\partial x} = \frac{\partial J}{\partial y}$$"
    assert verdicts(f"Let $y = x + {function}$. The loss is $J$.\n\n{claim}") == ["undecided"]
    assert verdicts(f"Let $y = x + {function.replace('x', 'u')}$. The loss is $J$.\n\n{claim}") == ["proved"]


def test_a_letter_that_is_differentiated_by_does_not_depend_on_what_stands_behind_it():
    text = "Let $f(a, b) = 3 a + b^2$. Along the line, $a(a + h)$ is a number.\n\n"
    assert verdicts(text + "$$\\frac{\\partial f}{\\partial a} = 3$$")[-1] in ("proved", "proved if")


def test_sides_that_are_0_because_of_a_loss_that_does_not_depend_say_nothing():
    text = """---
S_n: number
k: number
y := S_n
\\xi: loss of y
---

$$\\frac{\\partial \\xi}{\\partial S_{k-1}}
= \\frac{\\partial \\xi}{\\partial S_{k}} \\frac{\\partial S_{k}}{\\partial S_{k-1}}
= \\frac{\\partial \\xi}{\\partial S_{k}} w_{rec}^3$$

and starts at:

$$\\frac{\\partial \\xi}{\\partial y} = \\frac{\\partial \\xi}{\\partial S_{n}}$$
"""
    step = check_derivation(text, repairs=False).claims[1]
    assert (step.verdict, "nothing shows that xi depends on S_k" in step.message) == ("undecided", True)


def test_a_number_of_a_function_is_not_the_declared_array_of_the_same_letter():
    text = "---\nx: column n\nn: size\n---\nThe sigmoid is $s(x) = 1/(1+e^{-x})$.\n\n"
    steps = "$$s' = -(1+e^{-x})^{-2} \\cdot (-e^{-x}) = e^{-x}/(1+e^{-x})^2$$"
    assert verdicts(text + steps) == ["does not fit if read so"] * 2
    assert verdicts(text + "$$x + x^T = 2$$")[-1] == "does not fit"
