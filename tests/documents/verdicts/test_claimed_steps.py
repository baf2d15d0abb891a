"""The step of one claim: what stays uncertain, and what its proof assumes."""

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def verdicts(text):
    return [(step.line, step.verdict.name) for step in steps_of(pieces_of(text, "a.md")).steps]


def test_a_false_claim_is_wrong_only_if_its_reading_is_certain():
    assert verdicts("$$\\frac{d}{dx} x^2 = 3x$$") == [(1, "wrong")]
    assert verdicts("$$\\frac{dL}{dx} = 3x$$") == [(1, "wrong if read so")]


def test_a_condition_that_a_counterexample_meets_leaves_no_doubt():
    text = "Let $w$ be a number. Our penalty is $$J = a w^2,$$ where $a > 0$. Hence $$\\frac{dJ}{dw} = CLAIM$$"
    assert verdicts(text.replace("CLAIM", "3 a w"))[-1] == (1, "wrong")
    assert verdicts(text.replace("CLAIM", "2 |a| w"))[-1][1] in ("proved", "proved if")


def test_what_uses_a_definition_that_is_not_read_has_no_definition():
    assert verdicts("$$z = \\iint x$$\n\n$$z^2 = 4$$")[1] == (3, "no definition")


def test_what_uses_a_name_that_is_defined_anew_is_not_proved_by_its_first_definition():
    text = "$$f = x^2$$\n\n$$\\frac{df}{dx} = 2x$$\n\n$$f = x^3$$\n\n$$\\frac{df}{dx} = 2x$$"
    assert [name for _, name in verdicts(text)] == ["definition", "proved", "wrong if read so", "no definition"]


def test_a_derivative_before_a_bracket_and_factors_is_that_of_the_bracket_only_by_assumption():
    (step,) = steps_of(pieces_of("$$\\frac{\\partial}{\\partial x} (x^2 + 1) e^x = 2 x e^x$$", "a.md")).steps
    assert step.verdict.name == "proved if"
    assert step.finding.assumed == ("the derivative applies only to the bracket that follows it",)
    assert verdicts("$$\\frac{\\partial}{\\partial x} (x^2 + 1) = 2 x$$") == [(1, "proved")]


def test_what_a_text_denies_is_not_assumed_silently():
    claim = "\n\n$$\\sqrt{x^2} + y = x + y$$"
    assert verdicts(claim)[0][1] == "proved if"
    for denial in (
        "We do not assume that $x$ is positive.",
        "Here $x > 0$ is not assumed.",
        "Let $x$ be an arbitrary real number.",
    ):
        assert verdicts(denial + claim)[-1][1] != "proved if", denial
