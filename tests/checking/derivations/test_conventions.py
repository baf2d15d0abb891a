"""Names with a usual meaning that the text does not define."""

import pytest

from chainrule import check_derivation


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
