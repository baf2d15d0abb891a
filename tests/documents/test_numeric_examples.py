"""Worked examples with numbers: values that the text gives, and numbers that are rounded."""

import pytest

from chainrule.documents import check_derivation

NEURON = "$$y = w x + b, \\quad L = (y - t)^2$$\n\n"
VALUES = "Take\n\n$$w = 0.5, \\quad x = 2, \\quad b = 1, \\quad t = 3$$\n\n"
STEPS = "$$y = 2$$\n\n$$L = 1$$\n\n$$\\frac{\\partial L}{\\partial w} = 2 (y - t) x = -4$$\n\n"


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).steps]


def test_values_in_a_display_hold_for_the_steps_behind_it():
    assert verdicts(NEURON + VALUES + STEPS) == ["definition"] * 2 + ["hypothesis"] * 4 + ["proved"] * 4


def test_values_do_not_hold_in_other_sections():
    later = "# In general\n\n$$y = 2$$\n\n$$\\frac{\\partial L}{\\partial w} = -4$$"
    assert "proved" not in verdicts(NEURON + VALUES + later)
    assert "proved" not in verdicts(NEURON + STEPS.replace("2 (y - t) x = ", ""))


def test_a_display_without_words_that_give_values_gives_none():
    assert "hypothesis" not in verdicts(NEURON + VALUES.replace("Take", "We get") + STEPS)


TABLES = """Let $x \\in \\mathbb{R}^2$ and $A \\in \\mathbb{R}^{2 \\times 2}$.

$$q = x^T A x$$

Take $x = \\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}$ and $A = \\begin{bmatrix} 1 & 5 \\\\ 0 & 3 \\end{bmatrix}$.

$$q = 23$$

$$\\nabla_x q = (A + A^T) x = \\begin{bmatrix} 12 \\\\ 17 \\end{bmatrix}$$
"""


def test_tables_in_sentences_are_values():
    assert verdicts(TABLES) == ["definition"] + ["proved"] * 3
    assert verdicts(TABLES.replace("23", "13"))[1] != "proved"
    assert verdicts(TABLES.replace("12", "11"))[1:] == ["proved", "proved", "wrong if read so"]


@pytest.mark.parametrize("printed", ["0.7770", "0.777", "0.78", "0.8"])
def test_rounded_numbers_are_proved(printed):
    text = NEURON.replace(", \\quad L = (y - t)^2", "") + "Take $w = 0.5$, $x = 2$ and $b = 0.248$.\n\n"
    told = "$$y = 1.248$$\n\n$$\\frac{1}{1 + e^{-y}} \\approx {}$$"
    assert verdicts(text + told.replace("{}", printed))[1:] == ["proved", "proved"]
    assert verdicts(text + told.replace("{}", "0.877"))[-1] in ("wrong", "wrong if read so")


def test_a_lone_e_among_numbers_is_the_number():
    assert verdicts("$$\\frac{e^2}{e^2 + e + 1} \\approx 0.665$$") == ["proved"]
    assert (
        verdicts("$$p = e - q$$\n\n$$\\frac{e^2}{e^2 + e + 1} \\approx 0.665$$\n\n$$\\nabla_e p = 1$$")[1] != "proved"
    )


def test_a_wrong_number_of_given_values_is_wrong():
    text = "Let $w = 0.5$, $x = 2$ and $b = 1$. Let $y = w x + b$.\n\n$$y + w = {}$$"
    assert verdicts(text.replace("{}", "2.5"))[-1] == "proved"
    assert verdicts(text.replace("{}", "3.5"))[-1] == "wrong"


def test_a_value_that_changes_accuses_nobody():
    text = "Let $w = 0.5$, $x = 2$ and $b = 1$. Let $y = w x + b$.\n\n$$y = 2$$\n\n"
    for change in ("After one step we have $w = 0.7$.", "$$w = w + 0.2 = 0.7$$", "$$w \\leftarrow w + 0.2$$"):
        assert "wrong" not in verdicts(f"{text}{change}\n\n$$y + w = 3.1$$\n\n$$w x = 1.4$$")


@pytest.mark.parametrize("again", ["## The other clinic, $c = 0.2$\n\n", "Now let $c = 0.2$.\n\n"])
def test_a_value_of_another_example_proves_nothing_there(again):
    text = "$$s = 0.9, \\qquad c = 0.01$$\n\n$$s c = 0.009$$\n\n"
    assert verdicts(text)[-1] == "proved"
    assert verdicts(f"{text}{again}$$s c = 0.009$$")[-2:] == ["proved", "undecided"]
    assert verdicts(f"{text}{again}$$s c = 0.18$$")[-1] not in ("wrong", "undecided")
