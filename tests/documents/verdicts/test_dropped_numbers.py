"""Letters that lost the number of their example."""

import pytest

from chainrule.documents import check_derivation

DATA = r"""We have $m$ examples $x^{(i)} \in \mathbb{R}^n$ with numbers $y^{(i)}$. Let $x, \theta \in \mathbb{R}^n$.

$$J(\theta) = \frac12 \sum_{i=1}^m (\theta^T x^{(i)} - y^{(i)})^2$$

$$L^{(i)} = (\theta^T x^{(i)} - y^{(i)})^2$$

"""


def step(claim):
    return check_derivation(f"{DATA}$${claim}$$", repairs=False).steps[-1]


@pytest.mark.parametrize(
    ("claim", "letters"),
    [
        (r"\frac{\partial J}{\partial \theta_j} = \sum_{i=1}^m (\theta^T x - y) x_j", "x and y"),
        (r"\frac{\partial J}{\partial \theta_j} = \sum_{i=1}^m (\theta^T x^{(i)} - y^{(i)}) x_j", "x"),
        (r"\frac{\partial J}{\partial \theta_j} = \sum (\theta^T x - y) x_j", "x and y"),
        (r"\frac{\partial L^{(i)}}{\partial \theta_j} = 2 (\theta^T x^{(i)} - y^{(i)}) x_j", "x"),
    ],
)
def test_a_claim_is_proved_if_letters_belong_to_the_example_of_the_sum_or_of_the_claim(claim, letters):
    found = step(claim)
    assert found.verdict == "proved if"
    assert f"if {letters} without a number" in found.message


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial J}{\partial \theta_j} = \sum_{i=1}^m (\theta^T x + y) x_j",
        r"\frac{\partial J}{\partial \theta_j} = 2 \sum (\theta^T x - y) x_j",
        r"\frac{\partial L^{(i)}}{\partial \theta_j} = (\theta^T x^{(i)} - y^{(i)}) x_j",
        r"\frac{\partial J}{\partial \theta_j} = (\theta^T x - y) x_j",  # no sum over examples
        r"\frac{\partial J}{\partial \theta_j} = \sum_{k=1}^n (\theta^T x - y) x_k",  # not over examples
    ],
)
def test_a_false_claim_is_not_proved_so(claim):
    assert step(claim).verdict not in ("proved", "verified", "held", "proved if")


def test_a_claim_that_is_proved_as_it_is_written_assumes_nothing():
    found = step(r"\sum_{i=1}^m \theta^T x^{(i)} x_j = x_j \sum_{i=1}^m \theta^T x^{(i)}")
    assert found.verdict == "proved"


@pytest.mark.parametrize(
    ("slope", "proved"),
    [(r"2 (\theta^T x^{(i)} - y^{(i)}) x_j", True), (r"(\theta^T x^{(i)} - y^{(i)}) x_j", False)],
)
def test_the_example_of_a_value_without_a_number_counts_too(slope, proved):
    found = step(r"l = (\theta^T x^{(i)} - y^{(i)})^2$$ $$\frac{\partial l}{\partial \theta_j} = " + slope)
    assert (found.verdict == "proved if") is proved
    assert found.verdict in ("proved if", "wrong if read so")
