"""Which exercises of a document are read for themselves, and which with others."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.checked import check_pieces
from chainrule.documents.reader.exercises import readings
from chainrule.documents.sources.opening import pieces_of

SHEET = r"""# Sheet 4

**Exercise 1.** Let $f(x) = x^2$. At $x = 1$ the slope is $2$.

**Exercise 2.** Let $f(x) = x^3$. Then

$$f'(x) = 3x$$

**Exercise 3.** Let $x \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$. Let $f(x) = x^\top A x$. Then

$$\nabla f(x) = (A + A^\top) x$$
"""


def groups(text, name="a.md"):
    """The lines of the relations that each reading judges."""
    return [
        sorted(entry.statement.piece.place_of(entry.statement.place[0])[0] for entry in reading.judged)
        for reading in readings(pieces_of(text, name))
        if reading.judged
    ]


def verdicts(text, name="a.md"):
    return {step.line: step.verdict for step in check_derivation(text, name=name).steps if step.is_claim}


def test_exercises_that_define_their_letters_stand_alone():
    assert groups(SHEET) == [[3], [5, 7], [9, 11]]
    assert verdicts(SHEET) == {7: "wrong", 11: "proved"}


@pytest.mark.parametrize(
    ("second", "together"),
    [
        ("Let $g(x) = x^3$. Then $g'(x) = 3x^2$.", False),
        ("Let $g(x) = x f(x)$. Then $g'(x) = f(x) + x f'(x)$.", True),  # f is that of the first exercise
        ("Let $g(x) = c x$. Then $g'(x) = c$.", True),  # of c the first says that it is 2
        ("As in Exercise 1, let $g(x) = x^3$. Then $g'(x) = 3x^2$.", True),
        ("Let $g(x) = L(x)$ with a differentiable $L$. Then $g'(x) = L'(x)$.", False),
    ],
)
def test_an_exercise_is_read_with_what_it_needs(second, together):
    text = f"## Exercise 1\n\nLet $f(x) = x^2$, $L = 3$ and $c = 2 b$.\n\n## Exercise 2\n\n{second}\n"
    assert groups(text)[0][0] == 3
    alone = [each for each in readings(pieces_of(text, "a.md")) if len(each.entries) > len(each.judged)]
    assert bool(alone) == together or len(groups(text)) == 1


def test_text_around_exercises_is_read_with_those_that_need_it():
    text = "Let $\\sigma(z) = 1 / (1 + e^{-z})$.\n\n## Problem 1\n\n$$\\sigma'(z) = \\sigma(z)$$\n\n"
    text += "## Problem 2\n\nLet $\\sigma(z) = z^2$. Then\n\n$$\\sigma'(z) = 2z$$\n"
    assert verdicts(text) == {5: "wrong", 11: "proved"}


def test_a_letter_of_the_text_around_is_what_it_says_also_as_an_argument():
    text = "Throughout, $x \\in \\mathbb{R}^n$.\n\n**Problem 1.** Let $f(x) = \\|x\\|^2$. Then $$\\nabla f(x) = 2x$$\n"
    text += "\n**Problem 2.** Let $f(t) = t^2$. Then $$f'(t) = 2t$$\n"
    assert verdicts(text) == {3: "proved", 5: "proved"}
    assert len(groups(text)) == 2


def test_numbered_steps_of_one_derivation_stay_together():
    text = "1. Let $z = w x$.\n\n2. Let $a = z^2$.\n\n3. Then $$\\frac{\\partial a}{\\partial w} = 2 z x$$\n"
    assert verdicts(text) == {5: "proved"}
    text = "1. Suppose $x > 0$.\n\n2. Then $$\\sqrt{x^2} = x$$\n\n3. Let $f(t) = t$.\n"
    assert verdicts(text)[3] in ("proved", "verified", "proved if")


def test_nested_environments_end_where_they_say():
    text = (
        r"\documentclass{article}\begin{document}\begin{exercise}Let $f(x) = x^2$. \begin{proof} $$f'(x) = 2x$$"
        r"\end{proof} $$f''(x) = 2$$ \end{exercise} \begin{exercise} Let $f(x) = x^3$. $$f'(x) = 2x$$ \end{exercise}"
        r"\end{document}"
    )
    found = check_derivation(text, name="a.tex")
    assert [step.verdict for step in found.steps if step.is_claim] == ["proved", "proved", "wrong"]


def test_steps_stand_in_the_order_of_the_document_and_are_counted_once():
    told = []
    report = check_derivation(SHEET, name="a.md")
    assert [step.line for step in report.steps] == sorted(step.line for step in report.steps)
    check_pieces(pieces_of(SHEET, "a.md"), progress=lambda done, of: told.append((done, of)))
    assert told == [(n, len(report.steps)) for n in range(1, len(report.steps) + 1)]


def test_blocks_of_declarations_count_for_all_exercises_and_stand_once():
    block = "---\nc: number, positive\nk := 2 c\nq: tensr 3\n---\n"
    last = "**Exercise 4.** Let $h(t) = c t$. Then\n\n$$h'(t) = \\sqrt{c^2}$$\n"
    report = check_derivation(f"{block}\n{SHEET}\n{last}")
    assert [step.verdict for step in report.steps if step.left == "k"] == ["definition"]
    assert report.steps[-1].verdict in ("proved", "verified")
    assert [line for line, _ in report.problems] == [4]


def test_a_document_that_needs_too_much_again_is_read_once():
    around = "\n\n".join(f"Let $a_{{{n}}}(s) = s + b^{n}$." for n in range(2, 12))
    text = f"{around}\n\n" + "".join(f"## Exercise {n}\n\n$$b + {n} = {n} + b$$\n\n" for n in range(1, 9))
    assert len(readings(pieces_of(text, "a.md"))) == 1
