"""Delta before letters."""

import pytest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"c + \Delta w_i + w_i", "w_Delta[i] + w[i]"),
        (r"c + \Delta w^2 \Delta v + w + v", "w_Delta^2 * v_Delta + w + v"),
        (r"c + \Delta w + \Delta + w", "Delta * w + Delta + w"),
        (r"c + \Delta w", "Delta * w"),
        (r"c + \Delta (w + 1) + \Delta w + w", "Delta * (w + 1) + Delta * w + w"),
    ],
)
def test_delta_belongs_to_a_name_unless_it_is_one(claims, text, expected):
    (claim,) = claims(f"$${text} = 2$$")
    assert claim.partition("c + ")[2] == f"{expected} = 2"


def test_delta_is_a_name_where_a_block_says_so(claims):
    assert claims("---\nDelta: matrix n n\nw: vector n\n---\n\n$$w + \\Delta w = 2 w$$") == ["w + Delta @ w = 2 * w"]
