"""Tokens of formulas: numbers, words, texts, and macros with their places."""

import pytest

from chainrule.documents.reader.syntax.formula_tokens import first_and_rest, tokens_of, words_in_derivatives


def kinds(text, macros=()):
    return [(token.kind, token.text) for token in tokens_of(text, macros)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.5x", [("number", "2.5"), ("letter", "x")]),
        ("1e-3", [("number", "1e-3")]),
        (r"10\,000", [("number", r"10\,000")]),
        ("softmax(x)", [("word", "softmax"), ("sign", "("), ("letter", "x"), ("sign", ")")]),
        ("logp", [("word", "log"), ("letter", "p")]),
        ("ylogp", [("letter", "y"), ("word", "log"), ("letter", "p")]),
        ("xln", [("letter", "x"), ("word", "ln")]),
        ("asin(x)", [("word", "asin"), ("sign", "("), ("letter", "x"), ("sign", ")")]),
        ("blog(x)", [("letter", "b"), ("word", "log"), ("sign", "("), ("letter", "x"), ("sign", ")")]),
        ("wx", [("letter", "w"), ("letter", "x")]),
        ("np.sum(x)", [("word", "np.sum"), ("sign", "("), ("letter", "x"), ("sign", ")")]),
        ("np.exp(x)", [("word", "exp"), ("sign", "("), ("letter", "x"), ("sign", ")")]),
        ("w.T", [("letter", "w"), ("sign", "^"), ("sign", "{"), ("letter", "T"), ("sign", "}")]),
        ("w.Tx", [("letter", "w"), ("sign", "."), ("letter", "T"), ("letter", "x")]),
        (r"\text{if } i", [("phrase", "if"), ("letter", "i")]),
        (r"\text{if $i$ is odd}", [("phrase", "if"), ("letter", "i"), ("phrase", "is odd")]),
        (
            r"\text{loss(y)}",
            [("sign", "{"), ("word", "loss"), ("sign", "("), ("letter", "y"), ("sign", ")"), ("sign", "}")],
        ),
        (r"\text{where(x)}", [("phrase", "where(x)")]),
        (r"\mathrm{ReLU}", [("word", "ReLU")]),
        (r"\operatorname{arg\,max}", [("word", "argmax")]),
        ("x % remark", [("letter", "x")]),
        (r"a \\[0.5em] b", [("letter", "a"), ("command", "\\"), ("letter", "b")]),
        (r"a \\ [b]", [("letter", "a"), ("command", "\\"), ("sign", "["), ("letter", "b"), ("sign", "]")]),
    ],
)
def test_texts_become_tokens(text, expected):
    assert kinds(text) == expected


def test_arguments_of_macros_keep_their_places():
    text = r"\pd{L}{x} = 1"
    found = tokens_of(text, [("pd", 2, r"\frac{\partial #1}{\partial #2}")])
    assert [text[token.start : token.end] for token in found if token.kind == "letter"] == ["L", "x"]
    assert {text[token.start : token.end] for token in found if token.text == "partial"} == {r"\pd{L}{x}"}


def test_definitions_within_a_formula_are_left_out():
    assert kinds(r"\def\a#1{x} y \newcommand{\b}[1]{z}") == [("letter", "y")]


def test_a_number_has_a_first_digit():
    (number,) = tokens_of("123")
    assert [(part.text, part.start, part.end) for part in first_and_rest(number)] == [("1", 0, 1), ("23", 1, 3)]


def test_a_run_of_letters_that_something_is_differentiated_by_is_a_name():
    assert words_in_derivatives(r"\frac{\partial E}{\partial out_k} + \frac{\partial y}{\partial out_j}") == {"out"}
    assert not words_in_derivatives(
        r"\frac{\partial E}{\partial out_k} + \frac{\partial^3 f}{\partial xyz \partial xyz}"
    )


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("W_2W_1x", "W_{2} W_{1} x"),
        ("w_1x_1 + w_ix_i", "w_{1} x_{1} + w_{i} x_{i}"),
        ("x_1j", "x_{1j}"),
        ("y_ilog(z) + x_max", "y_{i} log(z) + x_{max}"),
        ("a_ij", "a_{ij}"),
    ],
)
def test_scripts_without_braces_end_before_the_next_factor(text, same):
    assert [token.text for token in tokens_of(text)] == [token.text for token in tokens_of(same)]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (r"\d x", "d f / d x"),
        (r"\d[{]g}] x", "d {]g} / d x"),
        (r"\d[g]{x y}", "d g / d x y"),
        (r"\e [g]", "e [g]"),  # it has no optional argument
    ],
)
def test_a_macro_takes_its_optional_argument_from_square_brackets(text, same):
    macros = [("d[", 2, "d #1 / d #2"), ("d", 1, "d f / d #1"), ("e", 0, "e")]
    assert [token.text for token in tokens_of(text, macros)] == [token.text for token in tokens_of(same)]
