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
