"""Sums, maxima, brackets, bars and environments are read as people mean them."""

import pytest

from chainrule.checking.documents.stream import NotRead


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"\log \sum_k e^{x_k}", "log(Σ_k e^{x_k})"),
        (r"\sum_{k=1}^n a_k b - c", "Σ_{k=1}^n a_k b - c"),
        (r"\sum_{i,j} a_i b_j", "Σ_i Σ_j a_i b_j"),
        (r"\sum_{\substack{j=1 \\ j \neq i}}^n s_j", "Σ_{j ≠ i}^n s_j"),
        (r"\prod_{i=1}^n x_i", "Π_{i=1}^n x_i"),
        (r"\max(x, 0)", "max(x, 0)"),
        (r"[a > 0]", "[a > 0]"),
        (r"\mathbb{1}_{[i = j]}", "[i = j]"),
        (r"\mathbb{1}_{(i + 1) = j}", "[i + 1 = j]"),
        (r"|x| \cdot \|y\|", "|x| · norm(y)"),
        (r"\underbrace{a + b}_{c} d", "(a + b) d"),
        (r"\langle u, v \rangle", "inner(u, v)"),
        (r"(v_1 \dots v_n)", "(v_1, …, v_n)"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a, b; c, d)"),
    ],
)
def test_what_is_written_is_understood(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\sum x_i", "without an index"),
        (r"\sum_{i=1}^\infty x_i", "to infinity"),
        (r"\sum_{x_i} x_i", "not a plain letter"),
        (r"\sum_i", "a sum of nothing"),
        (r"(a = b)", "a relation inside a bracket"),
        (r"|x", "an absolute value is not closed"),
        (r"\|x\|_3", "this norm is not read"),
        (r"\langle u \rangle", "takes two entries"),
        ("((((" * 20 + "x", "nested more than"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason, understood):
    with pytest.raises(NotRead, match=reason) as refusal:
        understood(text)
    assert refusal.value.at <= len(text)
