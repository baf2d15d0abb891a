import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.repairs.inner_derivatives import inner_derivatives


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("partial(exp(-x), x)", "exp(-x)", ["-1"]),
        ("partial(tanh(w * x + b), x)", "1 - tanh(w * x + b)^2", ["w"]),
        ("partial(tanh(w * x - x), x)", "1", ["w - 1"]),
        ("partial((b - x)^2, x)", "2 * (b - x)", ["-1"]),
        ("partial(sin(a * x^3 / 6), x)", "1", ["0.5 * (a * x^2)"]),
        ("partial(log(x * exp(x)), x)", "1", ["x * partial(exp(x), x) + exp(x)"]),
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
