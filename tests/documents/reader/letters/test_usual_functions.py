"""Functions that documents call without a definition."""

import pytest

from chainrule.documents import check_derivation


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


def test_a_letter_is_the_usual_function_that_a_sentence_says_it_is():
    claim = r"$$s'(u) = s(u) (1 - s(u))$$"
    for said in (
        "$s$ is the sigmoid",
        "$s$ denotes the logistic function",
        "$s$ is the standard logistic sigmoid function",
    ):
        assert check_derivation(f"Here {said}.\n\n{claim}").steps[-1].verdict == "proved", said
    for unsaid in ("$s$ is a function such as the sigmoid", "$s$ is not the sigmoid", "$s$ is smooth"):
        assert check_derivation(f"Here {unsaid}.\n\n{claim}").steps[-1].verdict != "proved", unsaid


def test_letters_are_the_normal_distribution_and_its_density_if_words_say_so():
    true, false = r"$$f''(x) = (2 - x^2)\phi(x)$$", r"$$f''(x) = (1 - x^2)\phi(x)$$"
    for said in (
        r"$\Phi$ is the standard normal cdf and $\phi$ its density",
        r"$\Phi$ is the cumulative distribution function of the standard normal distribution and $\phi(x) = \Phi'(x)$",
    ):
        text = f"Here $f(x) = x\\Phi(x)$, {said}.\n\n"
        assert check_derivation(text + true).steps[-1].verdict == "proved", said
        assert check_derivation(text + false).steps[-1].verdict == "wrong if read so", said
    for unsaid in (r"$\Phi$ is a cdf and $\phi$ its density", r"$\Phi$ is smooth and $\phi$ its density"):
        text = f"Here $f(x) = x\\Phi(x)$, {unsaid}.\n\n"
        assert check_derivation(text + true).steps[-1].verdict != "proved", unsaid
