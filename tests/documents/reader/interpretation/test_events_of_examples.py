"""Probabilities of one example, after those of any."""

import pytest

from chainrule.documents import check_derivation

MODEL = r"""$$h(x) = \frac{1}{1 + e^{-\theta^T x}}$$

$$p(y|x;\theta) = h(x)^y (1 - h(x))^{1 - y}$$

$$L(\theta) = \prod_{i=1}^m p(y^{(i)}|x^{(i)};\theta)$$

"""


def verdict(text):
    return check_derivation(text, "x^{(i)}: column n\ny^{(i)}: number", repairs=False).steps[-1].verdict


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"L(\theta) = \prod_{i=1}^m h(x^{(i)})^{y^{(i)}} (1 - h(x^{(i)}))^{1 - y^{(i)}}", "proved"),
        (r"\log L(\theta) = \sum_{i=1}^m (y^{(i)} \log h(x^{(i)}) + (1 - y^{(i)}) \log(1 - h(x^{(i)})))", "proved"),
        (r"\log L(\theta) = \sum_{i=1}^m (y^{(i)} \log h(x^{(i)}) + y^{(i)} \log(1 - h(x^{(i)})))", "wrong"),
        (r"L(\theta) = \prod_{i=1}^m h(x^{(i)})^{1 - y^{(i)}} (1 - h(x^{(i)}))^{y^{(i)}}", "wrong"),
    ],
)
def test_the_probability_of_an_example_is_that_of_its_letters(claim, expected):
    assert verdict(f"{MODEL}$${claim}$$").startswith(expected)


def test_a_probability_that_is_made_of_its_letters_through_other_names_is_not_carried_over():
    model = MODEL.replace("h(x)^y (1 - h(x))^{1 - y}", "u^y (1 - u)^{1 - y}, \\quad u = \\theta^T x")
    assert verdict(model + r"$$L(\theta) = \prod_{i=1}^m u^{y^{(i)}} (1 - u)^{1 - y^{(i)}}$$") != "proved"
