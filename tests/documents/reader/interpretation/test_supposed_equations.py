"""Equations that a text supposes or solves, and what follows from them."""

import pytest

from chainrule.documents import check_derivation


def verdicts(*paragraphs):
    """The verdicts of displays."""
    steps = check_derivation("\n\n".join(paragraphs), repairs=False).steps
    return [step.verdict for step in steps if step.displayed]


SOLVED = ["hypothesis", "proved", "proved"]


@pytest.mark.parametrize(
    ("paragraphs", "found"),
    [
        (("Let $x$ be a number with", "$$x^2 = 4$$", "Hence", "$$(x-2)(x+2) = 0$$"), ["hypothesis", "proved"]),
        (
            ("The numbers $a$ and $b$ satisfy", "$$(a+b)^2 = a^2 + b^2$$", "Hence", "$$2 a b = 0$$"),
            ["hypothesis", "proved"],
        ),
        (
            ("We use the loss $L = (y - t)^2$ with", "$$y = w x$$", "Hence", r"$$\frac{dL}{dw} = 2 (y - t) x$$"),
            ["definition", "proved"],
        ),
        (
            ("Let $x$ be a number with", "$$x = 2$$", "Let $f(x) = x^2$. Hence", "$$f'(x) = 4$$"),
            ["definition", "proved"],
        ),
        (
            (
                "Solve the equations",
                r"$$x + y = 3, \qquad x - y = 1$$",
                "Adding them gives",
                "$$2 x = 4$$",
                "so",
                "$$x = 2$$",
                "and thus",
                "$$y = 1$$",
            ),
            ["hypothesis", "hypothesis", "proved", "proved", "proved"],
        ),
        (
            (
                "Let $z$ be a number with $0 < z < 1$ and let $s$ be a number with",
                r"$$\log z - \log(1-z) = s$$",
                "Hence",
                r"$$\frac{z}{1-z} = e^s$$",
                "so",
                r"$$z = \frac{e^s}{1+e^s}$$",
            ),
            ["hypothesis", "proved", "proved"],
        ),
        (
            ("The numbers satisfy", "$$(x+1)^2 = x^2 + 2x + 1$$", "so", "$$(x+1)^2 - 1 = x^2 + 2x$$"),
            ["proved", "proved"],
        ),
        (
            (
                r"Let $A \in \mathbb{R}^{n \times n}$ be invertible and let $x, b \in \mathbb{R}^n$ with",
                "$$A x = b$$",
                "Hence",
                "$$x = A^{-1} b$$",
            ),
            ["hypothesis", "proved"],
        ),
    ],
)
def test_what_follows_from_an_equation_is_proved(paragraphs, found):
    assert verdicts(*paragraphs) == found


@pytest.mark.parametrize(
    "paragraphs",
    [
        ("Let $x$ be a number with", "$$x^2 = 4$$", "Hence", "$$x = 2$$"),
        ("Solve", "$$x^2 = x$$", "Dividing by $x$ gives", "$$x = 1$$"),
        (
            "Suppose that",
            "$$a = b$$",
            "Then",
            "$$a^2 = a b$$",
            "so",
            "$$a^2 - b^2 = a b - b^2$$",
            "so",
            "$$(a+b)(a-b) = b (a-b)$$",
            "so",
            "$$a + b = b$$",
        ),
        ("Solve the equation", "$$2x+3=7$$", "Hence", "$$2x = 10$$", "so", "$$x=5$$"),
        ("Suppose that", "$$x + y = 1$$", "Hence", "$$y = 1 - x$$", "In general,", "$$(x+y)^2 = 1$$"),
        ("Suppose that", "$$x + y = 1$$", "Every pair of numbers satisfies", "$$(x+y)^2 = x + y$$"),
        ("Solve", "$$3 x = 6$$", "Hence", "$$x = 2$$", "The next equation is about any number $x$.", "$$x^2 = 4$$"),
        ("We use the loss $L = (y - t)^2$ with", "$$y = w x$$", "Hence", r"$$\frac{dL}{dw} = 2 (y - t)$$"),
        (
            "Let $x$ be a number with",
            "$$x = 2$$",
            "Then",
            r"$$\frac{d}{dx} x^2 = 4$$",
            "so",
            r"$$\frac{d}{dx} x^2 = \frac{d}{dx} 2^2$$",
        ),
        (
            "Solve the equations",
            r"$$x + y = 3, \qquad x - y = 1$$",
            "Adding them gives",
            "$$2 x = 4$$",
            "so",
            "$$x = 2$$",
            "and thus",
            "$$y = 2$$",
        ),
        (
            "Let $z$ be a number with $0 < z < 1$ and let $s$ be a number with",
            r"$$\log z - \log(1-z) = s$$",
            "Hence",
            r"$$\frac{z}{1-z} = e^s$$",
            "so",
            r"$$z = \frac{e^s}{1-e^s}$$",
        ),
        ("We get the gradient with", "$$(x+1)^2 = x^2 + 1$$"),
        (
            r"Let $A \in \mathbb{R}^{n \times n}$ be invertible and let $x, b \in \mathbb{R}^n$ with",
            "$$A x = b$$",
            "Hence",
            "$$x = b A^{-1}$$",
        ),
        (
            r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric and let $x, b \in \mathbb{R}^n$ with",
            "$$A x = b$$",
            "Hence",
            "$$x^T A x = b^T b$$",
        ),
    ],
)
def test_the_last_formula_is_false_and_is_not_proved(paragraphs):
    assert verdicts(*paragraphs)[-1] in ("wrong", "wrong if read so", "does not fit if read so", "hypothesis")


@pytest.mark.parametrize(
    "words",
    ["Let $x$ be a number with", "The number $x$ satisfies", "Solve", "Let $x \\in \\mathbb{R}$ be such that", "Löse"],
)
def test_an_equation_for_an_unknown_number_is_not_called_wrong(words):
    assert verdicts(words, "$$2 x + 3 = 7$$", "Hence", "$$2 x = 4$$", "so", "$$x = 2$$") == SOLVED


def test_a_claim_about_a_letter_of_an_equation_is_not_called_wrong():
    """It may hold where the equation does, even if this is not found."""
    found = verdicts(
        "Let $x$ be a positive number with", "$$x e^x = 1$$", "Much later, it turns out that", "$$x^2 e^{2x} = 1$$"
    )
    assert found[-1] in ("wrong if read so", "proved")


def test_a_letter_of_an_equation_is_not_defined_by_what_follows_from_it():
    found = verdicts("Suppose that", "$$x + y = 1$$", "Hence", "$$y = 1 - x$$", "In general,", "$$(x + y)^2 = 1$$")
    assert found == ["hypothesis", "proved", "wrong if read so"]


EQUATION = ("Let $x$ be a number with", "$$2 x + 3 = 7$$", "Hence")
SQUARE = ("Let $x$ be a number with", "$$x^2 = 4$$")


@pytest.mark.parametrize(
    ("claimed", "found"), [("$$2 x = 10$$", "wrong"), ("$$x = 5$$", "wrong"), ("$$x = 2$$", "proved")]
)
def test_a_step_that_contradicts_the_equation_is_wrong_at_its_solution(claimed, found):
    step = check_derivation("\n\n".join((*EQUATION, claimed)), repairs=False).steps[-1]
    assert step.verdict == found
    assert found == "proved" or step.point["numbers"]["values"] == {"x": [2.0]}


@pytest.mark.parametrize(
    "paragraphs",
    [
        (*SQUARE, "Hence", r"$$x = 2 \quad \text{or} \quad x = -2$$"),
        (*SQUARE, "Hence", r"$$x = 2, \qquad x = -2$$"),
        (*SQUARE, "Hence either", "$$x = 2$$", "or", "$$x = -2$$"),
        (*SQUARE, "The positive solution is", "$$x = 2$$"),
        (*SQUARE, "Hence", "$$x = 2$$", "because $x$ is positive."),
        (*SQUARE, "Hence one solution is", "$$x = 2$$"),
        ("Solve", "$$x^2 - 5x + 6 = 0$$", "Then", "$$(x-2)(x-3) = 0$$", "so", "$$x = 2$$", "or", "$$x = 3$$"),
        ("Solve", "$$3 x = 1$$", "Hence", "$$x = 0.33$$"),
        ("Solve", "$$x + y = 1$$", "Then for example", "$$x = 1$$"),
        ("Solve", "$$x + y = 1$$", "Then", "$$x = 1$$"),
        ("Suppose that", "$$p + q = 1$$", "Hence", r"$$\frac{dq}{dp} = -1$$"),
        ("Solve", "$$2 x = 4$$", "and", "$$3 x = 3$$", "The first gives", "$$x = 2$$", "and the second", "$$x = 1$$"),
        ("Suppose that", "$$x + y = 1$$", "Then we add the equation", "$$x - y = 3$$", "so that", "$$2 x = 4$$"),
    ],
)
def test_cases_choices_and_roundings_are_not_called_wrong(paragraphs):
    assert "wrong" not in verdicts(*paragraphs)


MATRIX = r"Let $A \in \mathbb{R}^{n \times n}$ and $x, y \in \mathbb{R}^n$. Then"
NUMBERS = "Let $x_1, \\dots, x_n$ be numbers. Then"


@pytest.mark.parametrize(
    ("words", "formula", "found"),
    [
        ("For a number $x$ we have", r"2x + 3 = 7 \implies 2x = 4 \implies x = 2", ["hypothesis", "proved", "proved"]),
        ("For a number $x$ we have", r"2x + 3 = 7 \implies 2x = 10", ["hypothesis", "wrong"]),
        ("For numbers $a$ and $b$", r"a^2 = b^2 \implies a = b", ["hypothesis", "wrong if read so"]),
        (MATRIX, r"A^T = A \implies x^T A y = y^T A x", ["hypothesis", "proved"]),
        (MATRIX, r"A x = \lambda x \implies x^T A x = \lambda x^T x", ["hypothesis", "proved"]),
        (MATRIX, r"A x = \lambda x \implies x^T A x = \lambda", ["hypothesis", "wrong if read so"]),
        (NUMBERS, r"\sum_{i=1}^n (x_i - \mu) = 0 \implies \mu = \frac1n \sum_{i=1}^n x_i", ["hypothesis", "proved"]),
    ],
)
def test_what_stands_before_an_arrow_is_supposed(words, formula, found):
    assert verdicts(words, f"$${formula}$$") == found


def test_equivalences_hold_both_ways():
    text = r"""For $0 < z < 1$ and a number $s$ we have

$$\begin{aligned}
& \log z - \log(1 - z) &=& s \\
\Leftrightarrow & \frac{z}{1 - z} &=& e^s \\
\Leftrightarrow & z &=& \frac{e^s}{1 + e^s}
\end{aligned}$$"""

    def claims(text):
        steps = check_derivation(text, repairs=False).steps
        return [step.verdict for step in steps if step.relation == "=" and step.displayed]

    assert claims(text) == ["hypothesis", "proved", "proved"]
    assert claims(text.replace("1 + e^s", "1 - e^s"))[-1] == "hypothesis"
    assert claims(r"For a number $x$: $$x = 2 \iff x^2 = 4$$") == ["hypothesis", "hypothesis"]
    assert claims(r"For a number $x$: $$x^2 = 4 \iff (x - 2)(x + 2) = 0$$") == ["hypothesis", "proved"]
