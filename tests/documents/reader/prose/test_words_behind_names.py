"""Facts go to the name of which a sentence says them."""

import pytest

from chainrule.documents.reader.prose.words_behind_names import own_words
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def verdict(text):
    return list(steps_of(pieces_of(text, "a.md")).steps)[-1].verdict.name


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("Let $x$ be a number with positive weight $w$.", "|x| = x"),
        ("Every matrix $A \\in \\mathbb{R}^{n \\times n}$ has a symmetric part $B$.", "A^T = A"),
        ("Let $A \\in \\mathbb{R}^{n \\times n}$ be a matrix with orthogonal factor $Q$.", "A^T A = I_n"),
        ("Let $A \\in \\mathbb{R}^{n \\times n}$ be a matrix with orthonormal rows.", "A^T A = I_n"),
        ("Let $x \\in \\mathbb{R}^n$ be a vector with positive norm $r$.", "\\|x\\|_1 = \\sum_i x_i"),
        ("Let $A \\in \\mathbb{R}^{n \\times n}$ have positive diagonal entries.", "|A_{ij}| = A_{ij}"),
        ("The net gets $x \\in \\mathbb{R}^n$ and predicts the one-hot vector $y$.", "\\sum_i x_i = 1"),
        ("Sei $x$ eine Zahl mit positiver Ableitung $w$.", "|x| = x"),
        ("Soit $x$ un nombre avec un poids positif $w$.", "|x| = x"),
    ],
)
def test_what_something_has_is_not_said_of_it(sentence, claim):
    assert verdict(f"{sentence}\n\n$${claim}$$") not in ("proved", "verified", "held")


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("Let $x$ be a positive number with weight $w$.", "|x| = x"),
        ("Let $x \\in \\mathbb{R}^n$ be a vector with positive entries.", "\\|x\\|_1 = \\sum_i x_i"),
        ("Let $A \\in \\mathbb{R}^{n \\times n}$ have orthonormal columns.", "A^T A = I_n"),
        ("Let $A \\in \\mathbb{R}^{n \\times n}$ be invertible and symmetric.", "A^T = A"),
        ("Sei $x$ eine positive Zahl mit dem Gewicht $w$.", "|x| = x"),
        ("Soit $x$ un nombre positif.", "|x| = x"),
    ],
)
def test_what_is_said_of_a_name_and_of_its_entries_is_used(sentence, claim):
    assert verdict(f"{sentence}\n\n$${claim}$$") == "proved"


def test_words_before_the_next_name_are_about_that():
    assert own_words(" and the symmetric matrix ", "and the symmetric matrix ", before_name=True)[0] == ""
    assert own_words(" is real and positive ", "real and positive ", before_name=False) == ("real and positive ", "")
