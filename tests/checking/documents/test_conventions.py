"""Names with a usual meaning that the text does not define."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.conventions import agreeing, unknown_functions
from chainrule.checking.documents.document import understand
from chainrule.checking.documents.sources import read


@pytest.mark.parametrize(
    ("formula", "template"),
    [
        (r"\sigma'(x) = \sigma(x) (1 - \sigma(x))", "sigmoid"),
        (r"\sum_{i=1}^n \sigma(x)_i = 1", "softmax"),
    ],
)
def test_sigma_is_the_sigmoid_of_numbers_and_the_softmax_of_vectors(formula, template):
    report = check_derivation(f"$${formula}$$")
    assert [step.verdict for step in report.steps] == ["verified"]
    assert dict(report.names)["σ"] == f"{template} (convention)"


def test_words_stand_for_their_templates():
    report = check_derivation(r"$$\operatorname{softplus}'(x) = \operatorname{sigmoid}(x)$$")
    assert [step.verdict for step in report.steps] == ["verified"]


def test_a_name_of_the_text_is_not_overruled():
    report = check_derivation(r"Let $\sigma(x) = x^2$." + "\n\n" + r"$$\sigma'(x) = 2 x$$")
    assert report.steps[-1].verdict == "verified"


def question(text):
    return understand(read(text)).questions[0]


def test_a_function_that_is_only_applied_gets_the_templates_to_try():
    assert unknown_functions(question("$$q(x) = q(x) + 1$$"))[0][0] == "q"
    assert unknown_functions(question("Let $q(x) = x^2$.\n\n$$q(x) = x^2$$")) == []


def test_relations_that_agree_are_counted():
    text = "Let $q(x) = x^2$.\n\n$$q(x) = x x$$\n\n$$q(2) = 5$$\n\n$$1 = 1$$"
    assert agreeing(question(text), "q") == 1
