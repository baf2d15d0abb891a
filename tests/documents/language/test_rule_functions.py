"""The package's own code in derivations, sizes that follow from others, blocks that declare names anew."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.documents import check_derivation
from chainrule.documents.language.rule_functions import functions
from chainrule.rules import Rule


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).claims]


SOFTMAX = r"""
---
code: softmax
x, v, u: vector n
s_i := \frac{e^{x_i}}{\sum_k e^{x_k}}
---
$$ \mathtt{softmax}(x)_i = \frac{e^{x_i}}{\sum_k e^{x_k}} $$
"""


def test_a_formula_is_compared_with_what_the_rule_returns():
    assert verdicts(SOFTMAX) == ["proved"]


def test_a_rule_whose_code_is_wrong_does_not_agree_with_its_formula(monkeypatch):
    wrong = Rule("softmax", lambda x: (np.exp(x) / 2, x), lambda x, v: v, inputs=("logits",))
    monkeypatch.setattr(rules, "get", lambda name: wrong)
    assert verdicts(SOFTMAX) == ["wrong"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\mathtt{softmax.pullback}(x, v)_j = s_j (v_j - \sum_i v_i s_i)", "proved"),
        (r"\mathtt{softmax.pullback}(x, v)_j = s_j (v_j + \sum_i v_i s_i)", "wrong"),
        (r"\mathtt{softmax}(x)_i = s_i", "proved"),
        (r"\mathtt{softmax.pushforward}(x, u)_j = \mathtt{softmax.pullback}(x, u)_j", "proved"),
        (r"\mathtt{softmax}(x)_i = x_i", "wrong"),
        (r"\mathtt{softmax}(x, v)_i = x_i", "not read"),
        (r"\mathtt{softmax.pullback}(x)_i = x_i", "not read"),
        (r"\frac{\partial}{\partial x_i} \mathtt{softmax}(x)_i = s_i (1 - s_i)", "proved"),
        (r"\frac{\partial}{\partial x_i} \mathtt{softmax}(x)_i = x_i", "wrong"),
    ],
)
def test_claims_about_code(claim, verdict):
    assert verdicts(f"{SOFTMAX}\n$$ {claim} $$")[-1] == verdict


def test_a_display_cannot_define_a_name_of_the_code():
    assert verdicts(SOFTMAX + r"$$ \mathtt{softmax}(x)_i = x_i + 1 $$") == ["proved", "wrong"]


def test_rules_of_several_inputs_have_a_pullback_for_each():
    text = r"""
---
code: linear
x: vector n
W: matrix n m
v: vector m
---
$$ \mathtt{linear.pullback.weight}(x, W, v)_{ij} = x_i v_j $$
$$ \mathtt{linear.pullback.x}(x, W, v)_i = \sum_j W_{ij} v_j $$
$$ \mathtt{linear.pullback.weight}(x, W, v)_{ij} = 2 x_i v_j $$
"""
    assert verdicts(text) == ["proved", "proved", "wrong"]


def test_class_labels_count_from_one_in_texts():
    text = "---\ncode: nll\nz: vector n\ny: index n\n---\n$$ \\mathtt{nll}(z, y) = -z_y $$"
    assert verdicts(text) == ["proved"]


def test_masks_have_no_pullback():
    assert list(functions("dropout")) == ["dropout.forward", "dropout.pullback.x", "dropout.pushforward"]


@pytest.mark.parametrize(
    "text", ["", "softmx", "softmax()()", "softmax(1)", "softmax(stride=2)", "correlate2d(stride=)", "__import__('os')"]
)
def test_code_that_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match="rule"):
        functions(text)


def test_a_declaration_of_unknown_code_is_reported_with_its_line():
    report = check_derivation("---\ncode: softmx\n---\n$$ 1 = 1 $$")
    [(line, problem)] = report.problems
    assert (line, "no rule is named 'softmx'" in problem) == (2, True)


def test_options_reach_the_rule():
    text = r"""
---
code: max_pool2d(kernel=2)
x: array 2 4 6
---
$$ \mathtt{max\_pool2d}(x)_{cij} = \max_{1 \le a \le 2} \max_{1 \le b \le 2} x_{c,2i+a-2,2j+b-2} $$
"""
    assert verdicts(text) == ["verified"]
    assert verdicts(text.replace("kernel=2", "kernel=3")) != ["proved"]


def test_sizes_may_follow_from_others():
    text = r"""
---
code: convolve1d(mode="valid")
n: size k + m - 1
w: vector k
v: vector m
x: vector n
---
$$ \sum_{i=1}^m v_i \mathtt{convolve1d}(x, w)_i = \sum_{i=1}^m \sum_{a=1}^k v_i w_a x_{i + k - a} $$
"""
    assert verdicts(text) == ["proved"]


def test_a_block_may_declare_names_anew():
    text = r"""
---
n: size
x: vector n
code: max_pool2d(kernel=2)
---
$$ \sum_{i=1}^n x_i = \sum_j x_j $$

## Numbers

---
n: size 2
x: vector n
---
$$ \sum_{i=1}^n x_i = x_1 + x_2 $$
$$ \sum_{i=1}^n x_i = x_1 + x_2 + x_3 $$
"""
    assert verdicts(text)[:2] == ["proved", "proved"]
    assert verdicts(text)[2] not in ("proved", "verified")
