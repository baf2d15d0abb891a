"""Conditions in the text before a display that may hold there."""

import pytest

from chainrule.documents import check_derivation

SOFTMAX = r"""Let $p_i = \frac{e^{a_i}}{\sum_{k=1}^n e^{a_k}}$.

"""
HOLDS = ("proved", "verified", "held", "proved if")


def verdicts(text):
    return [step.verdict for step in check_derivation(SOFTMAX + text, repairs=False).steps[1:]]


@pytest.mark.parametrize(
    "before",
    [
        r"다음은 $i≠j$인 경우입니다. 적으면 다음과 같습니다.",
        r"The pairs with $i \ne j$ come next. The rule is as follows.",
        r"接下来是 $i \ne j$ 的情况。结果如下。",
    ],
)
def test_a_claim_is_proved_if_the_condition_before_its_display_holds(before):
    report = check_derivation(SOFTMAX + before + r"$$\frac{\partial p_i}{\partial a_j} = -p_i p_j$$", repairs=False)
    assert report.steps[-1].verdict == "proved if"
    assert "in line 3 holds here" in report.steps[-1].message


@pytest.mark.parametrize(
    "text",
    [
        r"The pairs with $i \ne j$ come next. It is as follows. $$\frac{\partial p_i}{\partial a_j} = p_i p_j$$",
        r"The pairs with $i \ne j$ come next. For all $i$ and $j$: $$\frac{\partial p_i}{\partial a_j} = -p_i p_j$$",
        r"The pairs with $i \ne j$ come next. $$p_i = p_i$$ $$\frac{\partial p_i}{\partial a_j} = -p_i p_j$$",
        r"Both $i \ne j$ and $i = j$ are cases. It is as follows. $$\frac{\partial p_i}{\partial a_j} = -p_i p_j$$",
        "The pairs with $i \\ne j$ come next.\n\n# Next\n\n" + r"$$\frac{\partial p_i}{\partial a_j} = -p_i p_j$$",
    ],
)
def test_it_is_not_where_it_fails_or_the_condition_may_be_over(text):
    assert verdicts(text)[-1] not in HOLDS


MODEL = r"""For one example with $x, w \in \mathbb{R}^n$ let $z = w^T x + b$ and $a = \sigma(z) = 1 / (1 + e^{-z})$.
With $L(a, y) = -(y \log a + (1 - y) \log(1 - a))$ the loss of all examples $x^{(i)} \in \mathbb{R}^n$ is

$$J(w, b) = \frac1m \sum_{i=1}^m L(a^{(i)}, y^{(i)})$$

"""


@pytest.mark.parametrize(
    ("claim", "proved"),
    [
        (r"\frac{\partial J}{\partial w} = \frac1m \sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}", True),
        (r"\frac{\partial J}{\partial b} = \frac1m \sum_{i=1}^m (a^{(i)} - y^{(i)})", True),
        (r"\frac{\partial J}{\partial w} = \sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}", False),
        (r"\frac{\partial J}{\partial b} = \frac1m \sum_{i=1}^m a^{(i)}", False),
        (r"\frac{\partial J}{\partial w} = 0", False),
    ],
)
def test_a_claim_is_proved_if_examples_are_made_as_letters_without_a_number(claim, proved):
    found = check_derivation(f"{MODEL}$${claim}$$", repairs=False).steps[-1]
    assert (found.verdict == "proved if") is proved
    assert ("of an example is made as without a number" in found.message) is proved


def test_given_values_are_not_made_so():
    text = r"""The model is $y = w^T x + b$ for data $(x^{(i)}, y^{(i)})$, with $x, w \in \mathbb{R}^n$.

$$J = \sum_{i=1}^m (y^{(i)} - w^T x^{(i)} - b)^2$$

$$\frac{\partial J}{\partial b} = -2 \sum_{i=1}^m (y^{(i)} - w^T x^{(i)} - b)$$

$$J = 0$$
"""
    steps = check_derivation(text, repairs=False).steps
    assert not any("of an example" in step.message for step in steps)
    assert [step.verdict for step in steps[-2:]] == ["proved if", "wrong if read so"]
