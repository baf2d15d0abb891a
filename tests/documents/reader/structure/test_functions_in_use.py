"""Functions that are defined where they are used."""

import pytest

from chainrule.documents import check_derivation

VALUE = r"$$h = g(w x + b) = \frac{1}{1 + e^{-(w x + b)}}$$" + "\n\n"


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).steps]


def test_the_value_at_an_argument_defines_a_function(definitions):
    assert definitions(VALUE)["g"] == "1 / (1 + exp(-argument_of_g))"
    assert verdicts(VALUE + r"$$\frac{dh}{db} = h (1 - h)$$") == ["definition", "definition", "proved"]
    assert verdicts(VALUE + r"$$\frac{dh}{dw} = h (1 - h)$$")[-1] == "wrong"


def test_what_sigma_is_where_it_is_used_may_be_a_slip():
    other = VALUE.replace("g(", r"\sigma(").replace("e^{-(", "e^{(")
    assert verdicts(other + r"$$\frac{dh}{db} = -h (1 - h)$$") == ["definition", "definition", "proved"]
    assert verdicts(other + r"$$\frac{dh}{db} = h (1 - h)$$")[-1] == "wrong if read so"


@pytest.mark.parametrize(
    "text",
    [
        VALUE.replace("+ b)}", "+ b) + b}"),  # b alone is no part of the argument
        VALUE + VALUE.replace("e^{-(", "2 e^{-("),  # two values
        r"$$g(u) = u^3$$" + "\n\n" + VALUE,  # it has a definition
        r"$$g(2) = 4$$",
        r"$$g'(w x) = w x$$",
        r"$$g(w x) = w x \text{ if } x > 0$$",
    ],
)
def test_no_other_claim_defines_a_function(definitions, text):
    assert definitions(text).get("g") in (None, "u^3")


def test_a_function_with_a_definition_has_claims():
    assert verdicts(r"$$g(u) = u^3$$" + "\n\n" + VALUE)[-1] == "wrong"


@pytest.mark.parametrize(
    "words",
    [
        r"where $\sigma$ is the logistic function",
        r"where $\sigma$, the logistic function, acts on each entry",
        r"($z$ is a number, $\sigma$ the logistic function)",
        r"où $\sigma$ est la fonction logistique",
        r"con $\sigma$ la función sigmoide",
        r"with the logistic function $\sigma$",
    ],
)
def test_words_with_and_without_a_verb_say_that_sigma_is_the_logistic_function(words):
    assert verdicts(f"Let $a = \\sigma(z)$, {words}.\n\n$$\\frac{{da}}{{dz}} = a(1-a)$$")[-1] == "proved"


def test_a_sigma_apart_from_the_words_is_only_supposed_to_be_it():
    text = "Let $a = \\sigma(z)$. With $\\sigma$ we think of the logistic function.\n\n$$\\frac{da}{dz} = a(1-a)$$"
    assert verdicts(text)[-1] != "proved"
