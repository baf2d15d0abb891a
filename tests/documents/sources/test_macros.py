import pytest

from chainrule.documents.sources.macros import closing_braces, definitions, expanded, wrapper


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", ("R", 0, r"\mathbb{R}")),
        (r"\renewcommand*\pd[2] {\frac{#1}{#2}}", ("pd", 2, r"\frac{#1}{#2}")),
        (r"\def\v#1{\mathbf{#1}}", ("v", 1, r"\mathbf{#1}")),
        (r"\let\eps=\varepsilon", ("eps", 0, r"\varepsilon")),
        (r"\DeclareMathOperator*{\argmin}{arg\,min}", ("argmin", 0, r"\operatorname*{arg\,min}")),
        (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}", ("abs", 1, r"\lvert#1\rvert")),
        ("\\newcommand{\\x}%\n", None),
        (r"\newcommand{\x}{unclosed", None),
    ],
)
def test_each_spelling_of_a_definition(text, expected):
    found = definitions(text, closing_braces(text))
    assert [(each.name, each.arguments, each.replacement) for each in found] == ([expected] if expected else [])


def test_a_command_with_an_optional_argument_has_a_definition_with_it_and_one_without():
    text = r"\newcommand{\d}[2][f]{\frac{d#1}{d#2}}"
    found = [(each.name, each.arguments, each.replacement) for each in definitions(text, closing_braces(text))]
    assert found == [("d[", 2, r"\frac{d#1}{d#2}"), ("d", 1, r"\frac{df}{d#1}")]


def test_braces_in_comments_and_escaped_ones_do_not_count():
    text = "{ \\{ % }\n }"
    assert closing_braces(text)[0] == len(text) - 1


def test_a_definition_inside_another_is_not_one_of_its_own():
    text = r"\newcommand{\a}{\newcommand{\b}{c}} \def\e{f}"
    assert [each.name for each in definitions(text, closing_braces(text))] == ["a", "e"]


def test_a_macro_around_a_display_and_one_that_is_none():
    assert wrapper(r"\[ x = #1. \]") == ("$$", " x = ", ". ")
    assert wrapper(r"\frac{#1}{2}") is None


@pytest.mark.parametrize(
    ("formula", "meant"),
    [
        (r"\R^n", r"\mathbb{R}^n"),
        (r"\Rn", r"\Rn"),
        (r"\a x \twice{\R}", r"\alpha x \mathbb{R}\mathbb{R}"),
        (r"\norm[2]{x} + \norm{y}", r"|x|_2 + |y|"),
        (r"\twice", r"\twice"),
        (r"\loop", r"\loop"),
    ],
)
def test_commands_are_replaced_by_what_they_mean(formula, meant):
    macros = [
        ("R", 0, r"\mathbb{R}"),
        ("a", 0, r"\alpha"),
        ("twice", 1, "#1#1"),
        ("norm", 1, "|#1|"),
        ("norm[", 2, "|#2|_#1"),
        ("loop", 0, r"\loop\loop"),
    ]
    assert expanded(formula, macros) == meant
