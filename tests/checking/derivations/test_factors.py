"""Names, indicators and single factors are read as people mean them."""

import pytest

from chainrule.checking.derivations.stream import NotRead


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"e^{-z}", "e^{-z}"),
        (r"\delta_{ij}", "[i = j]"),
        (r"\mathbb{1}_{i=j}", "[i = j]"),
        (r"\mathbf 1\{i = j\}", "[i = j]"),
        (r"I(i = j)", "[i = j]"),
        (r"1_{[i=j]}", "[i = j]"),
        (r"\mathbf{1} s^\top", "𝟏 sᵀ"),
        (r"e_y", "e_y"),
    ],
)
def test_what_is_written_is_understood(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"I(y)", "an indicator without a condition"),
        (r"\int f", "integrals"),
        (r"\foo{x}", r"no meaning is known for \\foo"),
        (r"{}", "an empty group"),
        (r"e_{ij}", "e with several subscripts"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason, understood):
    with pytest.raises(NotRead, match=reason) as refusal:
        understood(text)
    assert refusal.value.at <= len(text)
