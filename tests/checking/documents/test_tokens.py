"""LaTeX and Unicode become the same tokens."""

import pytest

from chainrule.checking.documents.tokens import closing, group, script, split_at, tokens


def texts(found):
    return [token.text for token in found]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (r"\boldsymbol{x}", "x"),
        (r"\alpha \cdot \mathbf W", "α · W"),
        ("eˣ⁺¹", "e ^ { x + 1 }"),
        ("xᵢ", "x _ { i }"),
        (r"a \, \left( b \right)", "a ( b )"),
        (r"\mathrm{d}x", "d x"),
        (r"A^{\mathrm{T}}", "A ^ { ⊤ }"),
        (r"\operatorname{soft-max} x", "softmax x"),
        (r"D_{KL}", "D _ { KL }"),
        ("½", r"\frac { 1 } { 2 }"),
        (r"\mathbb{1}_A", "𝟙 _ A"),
        ("𝟙_A", "𝟙 _ A"),
    ],
)
def test_spellings_become_one(text, same):
    assert texts(tokens(text)) == same.split()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tanh(x)", "tanh ( x )"),
        ("x_ij", "x _ { i j }"),
        ("W1_k", "W_1 _ k"),
        ("x² + y₁₂", "x ^ { 2 } + y _ { 12 }"),
        ("dtheta", "d θ"),
        ("sum_i a", "Σ _ i a"),
        ("sh(ab)", "sh ( a b )"),
    ],
)
def test_plain_text_has_words(text, same):
    assert texts(tokens(text, plain=True)) == same.split()


def test_tokens_keep_their_offsets():
    found = tokens(r"a \mathbf{x}_i", 100)
    assert [(token.start, token.end) for token in found] == [(100, 101), (102, 112), (112, 113), (113, 114)]
    assert found[1].bold


def test_groups_scripts_and_parts_of_token_lists():
    found = tokens("f_{a{b}} (c, {d, e})")
    assert closing(found, 2) == 7
    assert texts(group(found, 2)[0]) == ["a", "{", "b", "}"]
    assert group(found, 0) == (found[:1], 1)
    assert group(found, len(found)) == ([], len(found))
    assert texts(script(found, 8)[0])[:2] == ["(", "c"]
    assert [texts(part) for part in split_at(found[9:-1], ",")] == [["c"], ["{", "d", ",", "e", "}"]]
    assert closing(tokens("( a"), 0) == 2
