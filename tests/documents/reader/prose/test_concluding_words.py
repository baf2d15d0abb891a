"""Words that tell what follows: the roles they give to formulas, and conditions that do not reach back."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.opening import pieces_of


@pytest.mark.parametrize(
    ("sentence", "roles"),
    [
        ("With $n = 10$ we get $n^2 = 100$.", ["relative", ""]),
        ("For $x > 0$ we have $a = b$ and $c = d$.", ["condition", "", ""]),
        ("Suppose we have $a = b$.", ["assumed"]),
        ("If we find $a = b$, then $c = d$.", ["condition", "condition"]),
        ("The chain rule gives $f'(x) = 2x$.", ["concluded"]),
        ("We have $a = b$, so $c = d$.", ["concluded", "concluded"]),
        ("Hence, by the product rule, we obtain $a = b$ and therefore $c = d$.", ["concluded", "concluded"]),
        ("Differentiating again, $a = b$.", ["concluded"]),
        ("We set $a = b$, so $c = d$.", ["", "claimed"]),
        ("$a = b$ unless we say something else.", [""]),
        ("$a = b$ unless $c = d$.", ["denied", "denied"]),
    ],
)
def test_words_before_a_formula_tell_its_role(sentence, roles):
    pieces = pieces_of(sentence, "notes.md").pieces
    chains = {n: chains_of(piece.text) for n, piece in enumerate(pieces) if piece.kind == "inline"}
    found = Stated.of(pieces, chains).roles
    assert [found[number] for number in sorted(found)] == roles


def test_long_sentences_of_formulas_are_read_at_once():
    for sentence in ("We have " + " and ".join(["$a = b$"] * 300), "unless " * 3000, "We get " * 3000):
        pieces = pieces_of(f"{sentence} foo", "notes.md").pieces
        Stated.of(pieces, {n: chains_of(p.text) for n, p in enumerate(pieces) if p.kind == "inline"})


def test_a_condition_that_leads_on_does_not_reach_back():
    """With t = 0 for the display, where sin(t) is 0, its wrong sign were proved."""
    text = "Let $x = \\cos t$ and $y = \\sin t$. The chain rule says\n\n$$\n\\frac{d}{dt}(x^2 y) "
    text += "= 2 \\cos t \\sin^2 t + \\cos^3 t ,\n$$\n\nand for $t = 0$ we get $1 = \\cos t$."
    [step] = [step for step in check_derivation(text).claims if step.displayed]
    assert step.verdict in ("wrong", "wrong if read so")
