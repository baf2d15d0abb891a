import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import condition_text
from chainrule.documents.language.terms import Apply, Entry, Name, base_in
from chainrule.documents.reader.prose.conditions_stated import Held, fact_of, reaching

FOUND = derivation_of(
    "x : number; y : number; z : number; w := x + 1; assume x > y; assume y = 2 * z; assume z > 0; claim: w = w"
)
NAMES = Names.of(FOUND)
HELD = [Held(each.condition, 0, 9, number < 2, "") for number, each in enumerate(FOUND.assumptions)]


def texts(held):
    return [condition_text(each.condition) for each in held]


def test_conditions_reach_a_claim_through_definitions_and_through_one_another():
    certain, doubted = reaching(HELD, FOUND.claims[0], 3, NAMES)
    assert (texts(certain), texts(doubted)) == (["x > y", "y = 2 * z"], ["z > 0"])


def test_conditions_do_not_reach_beyond_their_end():
    assert reaching(HELD, FOUND.claims[0], 9, NAMES) == ([], [])


def test_signs_and_bits_are_equations():
    assert condition_text(fact_of(Name("y"), "sign")) == "y .* y = y ./ y"
    assert condition_text(fact_of(Name("y"), "bit")) == "y .* y = y"
    assert condition_text(fact_of(Name("y"), "one-hot")) == "y is one-hot"


def test_the_name_of_members_and_entries():
    member = Apply("member", (Apply("'", (Name("x"),)), Name("i")))
    assert [base_in(each) for each in (member, Entry(Name("x"), (Name("i"),)), Apply("exp", (Name("x"),)))] == [
        *("x", "x", "")
    ]


def test_a_declared_index_is_an_index_in_a_condition(claims):
    block = "---\nn: size\nz: vector n\ny: index n\n---\n\n"
    report = claims(block + "For $k \\neq y$ we have\n\n$$\\frac{\\partial z_y}{\\partial z_k} = 0$$")
    assert report == ["partial(z[y], z[k]) = 0 when k != y"]


def test_limits_in_sentences_assume_nothing():
    text = "By convention $p \\log p$ is $\\lim_{p \\to 0} p \\log p = 0$.\n\n$$p + p = 2 p$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "proved"


def test_no_claim_is_proved_of_itself():
    """With the words "with the conjugate" the formula behind them seems to be a condition, and is one on itself."""
    text = "Multiplying with the conjugate, $\\frac{1}{\\sqrt{t+1}-\\sqrt{t}} = \\sqrt{t+1}-\\sqrt{t}$."
    assert [step.verdict for step in check_derivation(text).claims] == ["wrong if read so"]


def test_equations_of_numbers_are_no_conditions():
    text = (
        "$$\\sum_{k=1}^n k = \\frac{n(n+1)}{2}$$\n\nFor $\\sum_{k=1}^{3} k = 7$ see above.\n\n$$\\sum_{k=1}^n k = n^2$$"
    )
    assert [step.verdict for step in check_derivation(text).claims if step.displayed] == ["proved", "wrong"]


def test_a_fact_about_a_name_in_a_definition_holds_where_it_is_used():
    text = (
        "With $p_k = e^{z_k} / \\sum_j e^{z_j}$ the loss for a one-hot target $y$ is\n\n"
        "$$L = -\\sum_k y_k \\log p_k .$$\n\nThen\n\n$$\\frac{\\partial L}{\\partial z_i} = p_i - y_i .$$\n"
    )
    assert [step.verdict for step in check_derivation(text).steps][-1] == "proved"
    other = text.replace("target $y$ is", "target $y$ is known. In general it is")
    assert [step.verdict for step in check_derivation(other).steps][-1] == "proved if"


@pytest.mark.parametrize("words", ["Similarities $s_{ij}$ of $N$ pairs", "For all pairs $(i, j)$ of the"])
def test_pairs_are_no_even_numbers(words):
    text = (
        words + r" give $$\ell_i = \sum_{j=1}^N s_{ij}^2.$$ Then $$\frac{\partial \ell_i}{\partial s_{ij}} = 2 s_{ij}$$"
    )
    assert check_derivation(text, repairs=False).steps[-1].verdict == "proved"
