"""Squares that are names."""

import pytest

from chainrule.documents import check_derivation

ERRORS = r"\sum_{n=1}^N (x_n - \mu)^2"
GAUSSIAN = (
    rf"$$\ell(\mu, \sigma^2) = -\frac{{N}}{{2}} \log(2 \pi \sigma^2) - \frac{{1}}{{2 \sigma^2}} {ERRORS}$$" + "\n\n"
)
BATCH = (
    r"Let $\mu = \frac{1}{m} \sum_{i=1}^m x_i$, $\sigma^2 = \frac{1}{m} \sum_{i=1}^m (x_i - \mu)^2$ and "
    r"$y_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$." + "\n\n"
)


def verdict(text):
    return check_derivation(text, repairs=False).steps[-1].verdict


def test_a_variance_is_differentiated_by():
    right = r"$$\frac{\partial \ell}{\partial \sigma^2} = -\frac{N}{2 \sigma^2} + \frac{1}{2 \sigma^4}" + f"{ERRORS}$$"
    assert verdict(GAUSSIAN + right) == "proved"
    assert verdict(GAUSSIAN + right.replace(r"\sigma^4", r"\sigma^2")) != "proved"


def test_a_standard_deviation_is_the_root_of_a_variance():
    deviation = r"$$\frac{\partial \ell}{\partial \sigma} = -\frac{N}{\sigma} + \frac{1}{\sigma^3}" + f"{ERRORS}$$"
    assert not verdict(GAUSSIAN + deviation).startswith("wrong ")
    assert verdict(GAUSSIAN + r"$$\frac{\sigma^3}{\sigma} = \sigma^2$$") == "proved"


def test_a_variance_that_is_defined_moves_with_what_it_is_made_of(definitions):
    assert definitions(BATCH)["sigma_squared"] == "1 / m * sum(i in m: (x[i] - mu)^2)"
    assert verdict(BATCH + r"$$\sum_{i=1}^m \frac{\partial \sigma^2}{\partial x_i} = 0$$") == "proved"
    assert verdict(BATCH + r"$$\frac{\partial \sigma^2}{\partial x_i} = \frac{2}{m} x_i$$") != "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"$$\sigma(x) = \frac{1}{1 + e^{-x}}$$" + "\n\n" + r"$$\sigma^2 = 4$$",
        r"$$x^2 = y + z$$",
        r"$$\frac{\partial^2 f}{\partial \sigma^2} = 2$$",
        r"$$\sigma^2 = \sigma + 1$$",
    ],
)
def test_other_squares_are_powers(reading_of, text):
    assert not any("squared" in name for name in reading_of(text).shapes.names)


def test_the_formula_is_told_as_it_is_written():
    [step] = check_derivation(r"$$\sigma^2 = a + b$$").steps
    assert step.left == r"\sigma^2"
