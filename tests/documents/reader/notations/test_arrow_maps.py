"""Functions that an arrow gives, and arrows between sets."""

import pytest

from chainrule.documents.reader.notations.arrow_maps import with_maps
from chainrule.documents.reader.syntax.chains import chains_of


def mapped(*texts):
    return with_maps({number: chains_of(text) for number, text in enumerate(texts)})


@pytest.mark.parametrize(
    ("texts", "same"),
    [
        ([r"f : x \mapsto x^2"], [r"f(x) := x^2"]),
        ([r"f : X \mapsto X^{-1}"], [r"f(X) := X^{-1}"]),
        ([r"f : \mathbb{R} \to \mathbb{R}", r"x \mapsto x^2"], [r"f : \mathbb{R} \to \mathbb{R}", r"f(x) := x^2"]),
    ],
)
def test_an_arrow_from_a_letter_defines_a_function(texts, same):
    found = [
        (chain.members[-1], [link.relation for link in chain.links])
        for each in mapped(*texts).values()
        for chain in each
    ]
    other = [chains_of(text)[0] for text in same]
    assert found == [(chain.members[-1], [link.relation for link in chain.links]) for chain in other]


@pytest.mark.parametrize(
    "text", [r"f : V \to V", r"f : R \to R^n", r"f : \mathcal{X} \to \mathcal{Y}", r"f: X \times Y \to Y"]
)
def test_an_arrow_between_sets_defines_nothing(text):
    assert mapped(text) == {0: chains_of(text)}
