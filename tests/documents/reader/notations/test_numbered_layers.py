"""Layers that plain superscripts number."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.notations.numbered_layers import names_of_layers, with_numbered_layers
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import Bracketed, Scripted

LAYERS = "$$z^1 = W^1 x + b^1$$\n\n$$a^1 = \\tanh(z^1)$$\n\n$$z^2 = W^2 a^1 + b^2$$\n\n"


def layers(*formulas):
    """The letters of which superscripts are in brackets after all."""
    chains = dict(enumerate(map(chains_of, formulas)))
    found = with_numbered_layers(chains, names_of_layers(chains))
    every = (part for chains in found.values() for chain in chains for part in parts_of_chain(chain))
    return {each.base.text for each in every if isinstance(each, Scripted) and isinstance(each.upper, Bracketed)}


def test_a_first_layer_that_is_defined_shows_that_superscripts_number_layers():
    assert layers("z^1 = W^1 x + b^1", "z^2 = W^2 z^1 + x^2") == {"z", "W", "b"}
    assert layers("z^1 = w x", r"\frac{dL}{dz^2} = (z^1)^T", "z^{2 T} z^{1 T}") == {"z"}


@pytest.mark.parametrize(
    "formulas",
    [
        ("z^2 = W^2 x + b^2",),
        ("f = x^1 + x^2",),
        ("z^1 + 1 = x^1",),
        ("z^2 = x^1", "x^1 > 0"),
    ],
)
def test_other_superscripts_are_powers(formulas):
    assert layers(*formulas) == set()


def test_a_letter_with_the_superscript_0_has_powers():
    assert layers("z^1 = x^0 + x^1 + x^2") == {"z"}


def test_a_network_with_such_layers_is_checked():
    text = "Let $x \\in \\mathbb{R}^n$, $W^1 \\in \\mathbb{R}^{m \\times n}$ and $b^1 \\in \\mathbb{R}^m$.\n\n"
    steps = check_derivation(text + LAYERS + "$$\\frac{\\partial a^1_i}{\\partial b^1_i} = 1 - (a^1_i)^2$$").steps
    assert [step.verdict for step in steps] == ["definition"] * 3 + ["proved"]
