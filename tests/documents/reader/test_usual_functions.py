"""Functions that documents call without a definition."""

import pytest


@pytest.mark.parametrize(
    ("formula", "name", "body"),
    [
        (r"y = \text{sigmoid}(x)", "sigmoid", "1 / (1 + exp(-u))"),
        (r"y = \text{softplus}(x)", "softplus", "log(1 + exp(u))"),
        (r"y_i = \text{softmax}(x)_i", "softmax", "[k in n_of_u: exp(u[k]) / sum(j in n_of_u: exp(u[j]))]"),
    ],
)
def test_a_usual_word_means_the_usual_function(formula, name, body, definitions):
    assert definitions(f"$${formula}$$")[name] == body


def test_a_definition_in_the_text_comes_before_the_usual_one(definitions):
    text = r"$$\text{softplus}(x) = 2x$$" + "\n\n" + r"$$y = \text{softplus}(3)$$"
    assert definitions(text)["softplus"] == "2 * x"


def test_a_function_that_nobody_defines_is_unknown(reading_of):
    kinds = {
        d.name: type(d.kind).__name__ for d in reading_of(r"$$\frac{d}{dx} f(x) = f'(x)$$").derivation.declarations
    }
    assert kinds["f"] == "FunctionKind"
