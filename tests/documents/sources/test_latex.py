import pytest

from chainrule.documents.sources.opening import pieces_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "$x$ and \\(y\\) \\begin{math}z\\end{math}",
            [("inline", "x", "$", 1), ("inline", "y", "\\(", 1), ("inline", "z", "math", 1)],
        ),
        (
            "$$a$$\\[b\\]\\begin{equation*}\nc % $d\n\\end{equation*}",
            [("display", "a", "$$", 1), ("display", "b", "\\[", 1), ("display", "c", "equation*", 2)],
        ),
        ("\\begin{equation}\\begin{split} a &= b \\end{split}\\end{equation}", [("display", "a &= b", "split", 1)]),
        ("\\begin{alignat}{2}\na &= b\n\\end{alignat}", [("display", "a &= b", "alignat", 2)]),
        ("% $$ a\n\\% $x$ \\verb|$y$| \\$5 \\\\[1ex] $z$", [("inline", "x", "$", 2), ("inline", "z", "$", 2)]),
        (
            "\\begin{verbatim}$x$\n\\end{verbatim}\\begin{comment}$y$\\end{comment}$z$",
            [("code", "$x$\n", "verbatim", 1), ("inline", "z", "$", 2)],
        ),
        (
            "\\section*{The $x$ {of} y}\\subsection[a]{B}\\begin{frame}[t]{Slide}$z$\\end{frame}",
            [
                ("heading", "The $x$ {of} y", "2", 1),
                ("heading", "B", "3", 1),
                ("heading", "Slide", "3", 1),
                ("inline", "z", "$", 1),
            ],
        ),
        (
            "\\newcommand{\\al}[1]{\\begin{align*} #1 \\end{align*}}\n\\al{ a &= {b} \\\\ &= c }",
            [("display", "a &= {b} \\\\ &= c", "align*", 2)],
        ),
        (
            "\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}\\def\\x{$}\n\\be a = b \\ee",
            [("display", "a = b", "equation", 2)],
        ),
        ("\\footnote{so $$a = b$$}", [("display", "a = b", "$$", 1)]),
        (
            "\\mybox{$\\displaystyle\na = b\n$}\nand $\\displaystyle c$",
            [("display", "\\displaystyle\na = b", "$", 1), ("inline", "\\displaystyle c", "$", 4)],
        ),
        (
            "\\framebox{$u = v$}\nA rule.\n\\fbox{$x$} and so on",
            [("display", "u = v", "$", 1), ("inline", "x", "$", 3)],
        ),
    ],
)
def test_formulas_and_headings_of_latex(in_latex, text, expected):
    assert in_latex(text) == expected


def test_the_preamble_gives_macros_and_no_pieces():
    text = "\\newcommand{\\R}{$r$}\\title{A $t$}\n\\begin{document}\nA $x$.\n\\end{document}\n$z$"
    found = pieces_of(text, "a.tex")
    assert found.macros == (("R", 0, "$r$"),)
    assert [(piece.kind, piece.text) for piece in found.pieces] == [
        ("prose", "\nA "),
        ("inline", "x"),
        ("prose", ".\n"),
    ]


def test_inputs_and_missing_ends_are_noted():
    found = pieces_of("a \\input{b} \\(c\n\n\\newcommand{\\d}[1][e]{f#1}\\begin{align} g = h", "a.tex")
    assert found.notes == (
        (1, "\\( has no end and opens nothing"),
        (1, "\\input{b} \\(c is not read"),
        (3, "\\begin{align} has no end"),
    )
    assert found.pieces[-1].text == "g = h"
    assert found.macros == (("d[", 1, "f#1"), ("d", 0, "fe"))


def test_an_item_that_begins_with_a_bold_title_is_a_part():
    found = pieces_of("\\begin{document}\\item \\textbf{One} $x$ \\item two\\end{document}", "a.tex")
    first = found.pieces[0]
    assert (first.kind, first.text, first.environment) == ("heading", "One", "7")


def test_items_of_a_numbered_list_are_parts_and_those_of_others_are_not():
    lists = "\\begin{enumerate}\\item $a$ \\begin{enumerate}\\item $b$ \\end{enumerate} \\item $c$ \\end{enumerate}"
    others = "\\begin{itemize}\\item $d$ \\begin{enumerate}\\item $e$ \\end{enumerate} \\end{itemize}"
    found = pieces_of(f"\\begin{{document}}{lists}{others}\\end{{document}}", "a.tex").pieces
    told = [piece.environment if piece.kind == "heading" else piece.text for piece in found if piece.kind != "prose"]
    assert told == ["7", "a", "b", "7", "c", "d", "e"]
