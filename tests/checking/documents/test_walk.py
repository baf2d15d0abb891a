"""The walk along chains: each step against the step before it and against the head of its chain."""

import pytest

from chainrule.checking.documents import check_derivation

SOFTMAX = "---\nn: size\nx: vector n\nt: vector n\nuse: softmax as s\n---\n\n"


def verdicts(text, **options):
    return [step.verdict for step in check_derivation(text, **options).steps if step.is_relation]


def test_a_condition_holds_down_the_chain():
    text = r"$$\frac{\partial s_i}{\partial x_j} \stackrel{i \neq j}{=} -s_i s_j = s_i ([i = j] - s_j)$$"
    assert verdicts(SOFTMAX + text) == ["verified", "verified"]


def test_errors_that_cancel_are_both_found():
    report = check_derivation(
        SOFTMAX
        + r"""
$$
\begin{aligned}
\frac{\partial \log s_i}{\partial x_j} &= [i = j] - s_i \\
&= [i = j] - s_j
\end{aligned}
$$
"""
    )
    assert [(step.line, step.verdict) for step in report.steps] == [(11, "wrong"), (12, "wrong")]
    assert report.result is True
    assert report.reaches_result is False
    assert "Line 12 agrees with the head of the chain again." in report.steps[0].message


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{align*}\n\\sinh 2x &= 2 \\sinh x \\cosh x \\\\\n&= 2 \\cosh x \\sinh x\n\\end{align*}",
        "\\[\\begin{split}\n\\sinh 2x &= 2 \\sinh x \\cosh x \\\\\n&= 2 \\cosh x \\sinh x\n\\end{split}\\]",
        "$$\\begin{aligned}\n\\sinh 2x &= 2 \\sinh x \\cosh x \\\\\n&= 2 \\cosh x \\sinh x\n\\end{aligned}$$",
        "\\begin{eqnarray}\n\\sinh 2x &=& 2 \\sinh x \\cosh x \\\\\n&=& 2 \\cosh x \\sinh x\n\\end{eqnarray}",
        "$$\\sinh 2x =$$\n\n$$= 2 \\sinh x \\cosh x$$\n\n$$= 2 \\cosh x \\sinh x$$",
    ],
    ids=["align", "split", "aligned", "eqnarray", "displays"],
)
def test_chains_run_through_every_kind_of_environment(text):
    assert verdicts(text) == ["verified", "verified"]
