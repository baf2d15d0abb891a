import pytest

from chainrule.documents.sources.opening import pieces_of


def declarations(text, name="a.md"):
    return [(p.text, p.place_of(0)) for p in pieces_of(text, name).pieces if p.kind == "declarations"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\nx: vector n\nlayout: rows\n---\n\ntext", [("x: vector n\nlayout: rows", (2, 1))]),
        ("---\ntitle: On vectors\nlayout: post\ntags: [a]\n---\n\ntext", []),
        ("+++\ntitle = 'x'\n+++\ntext", []),
        ("text\n\n---\nW, \\dot W: matrix n K\nf(x) := x^2\n---\n", [("W, \\dot W: matrix n K\nf(x) := x^2", (4, 1))]),
        ("text\n\n---\nA thing: it is so.\nAnother line\n---\n", []),
        ("a\n\n```chainrule\nx: vector n\n```\n", [("x: vector n", (4, 1))]),
        ("%! x: vector n\n%! y: scalar\n\n$x$", [("x: vector n\ny: scalar", (1, 4))]),
    ],
)
def test_blocks_of_declarations(text, expected):
    assert declarations(text) == expected


def test_front_matter_is_no_prose():
    found = pieces_of("---\ntitle: a\n---\nText.", "a.md").pieces
    assert [(piece.kind, piece.text) for piece in found] == [("prose", "Text.")]


def test_declarations_in_comments_of_latex():
    text = "\\begin{document}\n%! x: vector n\n% not this\n$x = 1$\n\\end{document}\n"
    assert declarations(text, "a.tex") == [("x: vector n", (2, 4))]


def test_declarations_before_a_preamble_are_read():
    text = "%! x: vector n\n\\documentclass{article}\n%! y: scalar\n\\begin{document}\n$x = 1$\n\\end{document}\n"
    found = [piece.text for piece in pieces_of(text, "a.tex").pieces if piece.kind == "declarations"]
    assert [each.strip().removeprefix("%! ") for each in found] == ["x: vector n", "y: scalar"]
