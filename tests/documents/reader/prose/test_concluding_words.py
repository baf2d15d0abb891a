"""Words that tell what follows: the roles they give to formulas, and conditions that do not reach back."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.prose.stated_in_sentences import stated_in
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
    found = stated_in(pieces, chains).roles
    assert [found[number] for number in sorted(found)] == roles


def test_long_sentences_of_formulas_are_read_at_once():
    for sentence in ("We have " + " and ".join(["$a = b$"] * 300), "unless " * 3000, "We get " * 3000):
        pieces = pieces_of(f"{sentence} foo", "notes.md").pieces
        stated_in(pieces, {n: chains_of(p.text) for n, p in enumerate(pieces) if p.kind == "inline"})


def test_a_condition_that_leads_on_does_not_reach_back():
    """With t = 0 for the display, where sin(t) is 0, its wrong sign were proved."""
    text = "Let $x = \\cos t$ and $y = \\sin t$. The chain rule says\n\n$$\n\\frac{d}{dt}(x^2 y) "
    text += "= 2 \\cos t \\sin^2 t + \\cos^3 t ,\n$$\n\nand for $t = 0$ we get $1 = \\cos t$."
    [step] = [step for step in check_derivation(text).claims if step.displayed]
    assert step.verdict in ("wrong", "wrong if read so")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("If $z = 0$, then $f(z) = 1$.", [2]),
        ("When $z = 0$, $f(z) = 1$.", [2]),
        ("- if $z = 0$ then, $f(z) = 1$ and $g(z) = 2$", [2]),
        ("For $z = 0$, $f(z) = 1$ we get $y = 2$.", []),
        ("Powers: $f(z) = z^2$, then $(2z)^3 = 8z^3$.", []),
        ("We know $y = 1$ if $z = 0$, $f(z) = 1$.", []),
        ("If $z = 0$ and $f(z) = 1$, we stop.", []),
    ],
)
def test_a_formula_behind_a_condition_follows_from_it(sentence, expected):
    pieces = pieces_of(sentence, "notes.md").pieces
    chains = {n: chains_of(piece.text) for n, piece in enumerate(pieces) if piece.kind == "inline"}
    inline = [n for n, piece in enumerate(pieces) if piece.kind == "inline"]
    assert [inline.index(n) + 1 for n in sorted(stated_in(pieces, chains).consequences)] == expected


LOGISTIC = "For numbers $z$ we write\n\n$$s(z) = \\frac{1}{1 + e^{-z}}.$$\n\nIt grows.\n\n"


@pytest.mark.parametrize(
    ("sentence", "verdicts"),
    [
        ("If $z = 0$, then $s(z) = 1/2$.", ["proved"]),
        ("When $z = 0$, $s(z) = 1/2$.", ["proved"]),
        ("If $z = 0$, then $s(z) = 1/3$.", ["hypothesis"]),
        ("If $z = 1$, then $s(z) = 1/2$.", ["hypothesis"]),
        ("If $z = 0$, then $s(-z) = s(z)$.", ["proved"]),
        ("If $z = 1$, then $s(-z) = s(z)$.", ["hypothesis"]),
        ("If $z = 0$, then $s(z) = 1/3$.\n\n$$s(-z) = s(z)$$", ["hypothesis", "wrong if read so"]),
        ("- as $z$ grows\n- if $z = 0$, $s(z) = 1/2$\n- if $z = 1$, $s(z) = 1/2$", ["proved", "hypothesis"]),
        ("We also have $s(z) > 0$.", ["proved"]),
        ("We also have $s(z) > 1/3$.", ["hypothesis"]),
    ],
)
def test_what_follows_from_a_condition_counts_if_it_holds(sentence, verdicts):
    steps = check_derivation(LOGISTIC + sentence, repairs=False).steps
    assert [each.verdict for each in steps if each.verdict != "definition"] == verdicts
