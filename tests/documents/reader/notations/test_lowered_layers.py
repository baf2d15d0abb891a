"""Layers that subscripts count."""

import pytest

from chainrule.documents.reader.notations.lowered_layers import with_lowered_layers
from chainrule.documents.reader.prepared import Around, prepared
from chainrule.documents.reader.syntax.written import Bracketed, Scripted
from chainrule.documents.sources.opening import pieces_of


def raised(text):
    """The letters with a layer above them."""
    every = [part for _, chain in prepared(pieces_of(text, "a.md"), Around()).every for part in chain.members]
    found, pending = set(), list(every)
    while pending:
        part = pending.pop()
        if isinstance(part, Scripted) and isinstance(part.upper, Bracketed):
            found.add(part.base.text)
        pending += [each for name in ("parts", "terms", "items") for each in getattr(part, name, ())]
        pending += [each for name in ("base", "upper", "lower") if (each := getattr(part, name, None)) is not None]
    return found


def test_a_letter_that_recurs_counts_layers():
    assert raised("$$z_l = W_l a_{l-1} + b_l$$\n\n$$a_l = f(z_l)$$\n\n$$a_0 = x$$") == {"z", "W", "a", "b"}


def test_a_sentence_may_name_another_letter():
    text = "In layer $k$ we have\n\n$$z_k = W_k a_{k-1}$$\n\n$$a_k = f(z_k)$$"
    assert raised(text) == {"z", "W", "a"}
    assert raised(text.replace("In layer $k$ we", "We")) == set()


@pytest.mark.parametrize(
    "text",
    [
        "$$s = \\sum_l z_l$$\n\n$$z_l = W_l a_{l-1}$$\n\n$$a_l = f(z_l)$$",  # a sum runs over it
        "$$z_l = W_{l j} a_{l-1}$$\n\n$$a_l = f(z_l)$$",  # it stands beside another index
        "$$z_l = W_l a_l$$",  # nothing recurs
        "$$z_l = W_l a_{l-1}$$\n\n$$a_l = f(z_l)$$\n\n$$z_i = 2$$",  # z has another index
    ],
)
def test_other_letters_below_are_indices(text):
    assert raised(text) == set()


def test_nothing_changes_without_such_a_letter():
    pieces = pieces_of("$$z_i = W_{ij} x_j$$", "a.md")
    chains = {number: [] for number, _ in enumerate(pieces.pieces)}
    assert with_lowered_layers(chains, pieces.pieces) is chains
