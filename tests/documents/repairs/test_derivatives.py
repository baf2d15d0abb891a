import pytest

from chainrule.documents.evidence.judging import findings
from chainrule.documents.language.parsing import derivation_of, term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.repairs.derivatives import SLOPES, derivative_of, inner_derivatives


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("partial(exp(-x), x)", "exp(-x)", ["-1"]),
        ("partial(tanh(w * x + b), x)", "1 - tanh(w * x + b)^2", ["w", "w * (1 - tanh(w * x + b)^2)"]),
        ("partial(tanh(w * x - x), x)", "1", ["w - 1"]),
        ("partial((b - x)^2, x)", "2 * (b - x)", ["-1"]),
        ("partial(sin(a * x^3 / 6), x)", "1", ["0.5 * a * x^2"]),
        ("partial(log(x * exp(x)), x)", "1", ["exp(x) + x * exp(x)"]),
        ("partial(sin(-(a * x)), x)", "1", ["-a"]),
        ("f'(x)", "cos(x^2 + 3 * x)", ["2 * x + 3"]),
        ("partial(sin(y), x)", "1", []),
        ("sin(x^2)", "cos(x^2)", []),
    ],
)
def test_what_stands_inside_a_function_is_differentiated(left, right, found):
    made = [text_of(each) for each in inner_derivatives(term_of(left), term_of(right))]
    assert [text for text in made if not text.startswith("partial(")] == found


def test_names_on_the_right_may_hide_a_factor():
    made = inner_derivatives(term_of("partial(L, W[i, j])"), term_of("2 * (a[i] - y) * W[i, j]"))
    assert [text_of(each) for each in made][-2:] == ["partial(a[i], W[i, j])", "partial(y, W[i, j])"]


@pytest.mark.parametrize(
    ("side", "found"),
    [
        ("partial(x^2 * sin(x), x)", "2 * x * sin(x) + x^2 * cos(x)"),
        ("partial(sin(x) / x, x)", "(cos(x) * x - sin(x)) / x^2"),
        ("partial(x * exp(-x^2), x)", "exp(-x^2) - 2 * x^2 * exp(-x^2)"),
        ("partial(log(cos(x)), x)", "-(sin(x) * (1 / cos(x)))"),
        ("partial(sqrt(1 + x^2), x)", "2 * x * (1 / (2 * sqrt(1 + x^2)))"),
        ("partial(arctan(2 * x), x)", "2 * (1 / (1 + (2 * x)^2))"),
        ("partial(y, x)", "0"),
        ("partial(f(x), x)", None),
        ("x^2", None),
    ],
)
def test_whole_derivatives_are_worked_out(side, found):
    made = derivative_of(term_of(side))
    assert (None if made is None else text_of(made)) == found


@pytest.mark.parametrize("name", sorted(SLOPES))
def test_the_derivatives_of_functions_are_proved(name):
    slope = text_of(SLOPES[name](term_of("x")))
    document = derivation_of(f"x : number, positive; claim: partial({name}(x), x) = {slope}")
    (finding,) = findings(document, Shapes(document))
    assert finding.status in ("proved", "verified")
