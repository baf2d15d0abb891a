"""All statements as one reading: conditions, doubts and shapes."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import condition_text


def test_a_relation_that_fits_only_with_arrays_of_one_entry_does_not_fit():
    text = r"$$\mathbf{u}^T + \mathbf{v} = \mathbf{v} + \mathbf{u}$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["does not fit if read so"]


def test_a_claim_before_a_definition_of_its_name_is_doubted(reading_of):
    early, _, late = reading_of("$$u + c = 1$$\n\n$$u = 2 x$$\n\n$$u + x = 3 x$$").entries
    assert "u is defined after it" in early.rests_on
    assert "u is defined after it" not in late.rests_on


def test_a_condition_is_one_of_the_claims_behind_it_in_its_section(reading_of):
    def conditions(text):
        found = reading_of(text).derivation
        every = (found.assumptions, *(claim.conditions for claim in found.claims))
        return [[condition_text(getattr(each, "condition", each)) for each in some] for some in every]

    first, later = "$$\\log(x) + y = c$$\n\n", "Assume that $x > 0$.\n\n"
    assert conditions(later + first + "# B\n\n$$2 + x = b + 1$$") == [[], ["x is positive"], []]
    assert conditions(first + later + "$$2 + x = b + 1$$") == [[], [], ["x is positive"]]


def test_a_loss_is_a_number_and_another_capital_letter_a_matrix(reading_of):
    shapes = reading_of("$$L = w^2$$\n\n$$A v = u, \\quad \\|v\\| = L$$").shapes.names
    assert [len(shapes[name].known) for name in ("L", "A", "v")] == [0, 2, 2]


def test_a_probability_is_a_number_and_no_matrix(reading_of):
    found = reading_of("$$P(y | x) = p^y (1 - p)^{1 - y}$$\n\n$$\\log P(y | x) = y \\log p + (1 - y) \\log(1 - p)$$")
    assert {name: shape.known for name, shape in found.shapes.names.items()}["p"] == ()


def test_what_a_block_defines_needs_no_fact_of_a_sentence():
    text = "Let $y$ be the one-hot vector of the word $o$. Then\n\n" + r"$$- \sum_w y_w \log p_w = - \log p_o$$"
    block = "n: size\no: 1..n\np: column n\ny_i := \\delta_{io}"
    assert [step.verdict for step in check_derivation(text, block, repairs=False).claims] == ["proved"]


def test_what_a_block_declares_is_not_doubted_where_a_sentence_says_it_again():
    text = "# A\n\n$$c = \\sum_i y_i p_i$$\n\nWe sum over the one-hot $y_i$.\n\n# B\n\n$$\\sum_i y_i = 2$$"
    declared = check_derivation(text, "y: column n, one-hot", repairs=False).claims[-1]
    assert declared.verdict == "wrong"
    open_ = check_derivation(text, "y: column n", repairs=False).claims[-1]
    assert open_.verdict == "wrong if read so"
    assert any("one-hot" in doubt for doubt in open_.doubts)


@pytest.mark.parametrize("words", ["From now on, $v$ is", "So henceforth $v$ denotes", "Ab jetzt ist $v$"])
def test_words_that_give_a_letter_another_meaning_end_the_old_one(words):
    text = "Let $x_1, \\dots, x_m$ be numbers and\n\n$$v = \\frac{1}{m} \\sum_{k=1}^m x_k^2, \\quad r = \\sqrt{v}$$"
    claims = ("$$r^2 = \\frac{1}{m} \\sum_{k=1}^m x_k^2$$", "$$v = \\frac{1}{m} \\sum_{k=1}^m x_k^2$$")
    assert verdicts(text, *claims) == ["proved", "proved"]
    assert not {"proved", "wrong"} & {*verdicts(text, f"{words} the corrected second moment.", *claims)}


def test_words_that_say_what_a_letter_is_made_of_prove_no_derivative():
    text = "Let $z \\in \\mathbb{R}^n$ and let $m$ be its largest entry.\n\n$$Q = \\sum_j e^{z_j - m}$$"
    slope = "$$\\frac{\\partial}{\\partial z_i} \\log Q = \\frac{e^{z_i - m}}{Q}$$"
    assert verdicts(text, "$$\\log Q = \\log \\sum_j e^{z_j} - m$$", slope) == ["proved", "undecided"]
    assert verdicts(text.replace("be its largest entry", "be a number"), slope) == ["proved"]


def test_words_that_say_more_of_entries_are_a_doubt():
    text = "The mask $m$ has $n$ entries that are %s and $x$ is a vector with $n$ entries."
    assert verdicts(text % "0 or 1", "$$m \\odot m = m$$") == ["wrong if read so"]
    assert verdicts(text % "$0$ or $1$", "$$m \\odot m = m$$") == ["proved"]


def test_this_letter_may_be_another_one_than_that_of_the_section_before():
    text = "# One\n\nLet $x$ and $a$ be numbers and\n\n$$y = a x$$\n\n# Two\n\nNothing is scaled. For %s $y$\n\n"
    slope = "$$\\frac{dy}{dx} = a$$"
    assert verdicts(text % "the", slope) == ["proved"]
    assert verdicts(text % "this", slope)[0] not in ("proved", "wrong")


def test_an_equation_of_another_part_is_repeated_and_proves_nothing():
    text = "# One\n\nLet $a$ and $b$ be numbers and\n\n$$y = a b$$\n\n# Two\n\n$$y = a b$$\n\n$$y + y = 2 a b$$"
    assert verdicts(text) == ["proved"]


@pytest.mark.parametrize("words", ["Here vec holds the rows one after another.", "The rows are stacked.", ""])
def test_rows_below_each_other_are_another_vec(words):
    text = "Let $A$ be an $m \\times n$ matrix and $B$ an $n \\times k$ matrix."
    claim = "$$\\operatorname{vec}(A B) = (B^T \\otimes I_m) \\operatorname{vec}(A)$$"
    assert verdicts(text, words, claim) == ["proved if" if words else "proved"]
