"""Vectors with an index that is the same everywhere, and those whose index is not."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.notations.fixed_indices import with_fixed_indices
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import Symbol


def letters(*formulas):
    chains = with_fixed_indices({number: chains_of(each) for number, each in enumerate(formulas)})
    every = (part for found in chains.values() for chain in found for part in parts_of_chain(chain))
    return {part.text for part in every if isinstance(part, Symbol)}


def test_vectors_of_one_index_are_names_of_their_own():
    assert letters("u_i = x_i^T x_i", "i = 1, \\ldots, n") >= {"u_i", "x_i"}
    assert "x_k" in letters(r"\mathbf{x}_k = W y_k", "y_k = z_k")


@pytest.mark.parametrize(
    "formulas",
    [
        ("u_i = x_i^T x_i", "s = \\sum_i u_i"),  # summed over
        ("u_i = x_i^T x_j",),
        ("u_i = x_i^T x_i", "v = x^T x"),
        ("u_i = x_i^T x_i", "v = x_1"),
        ("u_i = x_i^T x_i", "v_{ij} = 2"),
        ("u_i = x_i^T x_i + i",),
        ("u_i = x_i z_i",),  # nothing shows that they are vectors
    ],
)
def test_others_keep_their_index(formulas):
    assert not any("_" in letter for letter in letters(*formulas))


NORMALISED = r"$$\hat y_i = \frac{y_i}{\sqrt{y_i^T y_i + \epsilon}}$$" + "\n\n"


@pytest.mark.parametrize(("factor", "verdict"), [("", "proved"), ("2", "wrong")])
def test_a_jacobian_by_one_of_them(factor, verdict):
    slope = r"\frac{1}{\sqrt{y_i^T y_i + \epsilon}} (I - " + factor + r"\hat y_i \hat y_i^T)"
    [step] = check_derivation(rf"{NORMALISED}$$\frac{{\partial \hat y_i}}{{\partial y_i}} = {slope}$$").claims
    assert step.verdict.startswith(verdict) or (verdict == "proved" and step.verdict == "verified")
