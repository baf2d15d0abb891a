"""The softmax of a matrix, of which words say along which axis it acts."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.translation.softmax_of_rows import axis_told

ATTENTION = r"""Given $Q, K, V \in \mathbb{R}^{n \times d}$, let

$$S = \frac{Q K^T}{\sqrt d}, \qquad P = \mathrm{softmax}(S), \qquad O = P V$$

%s For a loss $L$ we write $dX$ for the gradient of $L$ with respect to $X$.

"""
ROWS = ATTENTION % "where the softmax acts on each row."
COLUMNS = ATTENTION % "where the softmax is taken column by column."


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False, seconds=60).steps][3:]


@pytest.mark.parametrize(
    "claim",
    [
        r"dS = P \odot (dP - (dP \odot P) \mathbf{1} \mathbf{1}^T)",
        r"dP = dO V^T",
        r"dV = P^T dO",
        r"dQ = \frac{dS K}{\sqrt d}",
    ],
)
def test_the_gradients_of_attention_are_proved(claim):
    assert verdicts(f"{ROWS}$${claim}$$") == ["proved"]


@pytest.mark.parametrize(
    "claim",
    [r"dS = P \odot (dP - dP \odot P)", r"dS = P \odot (dP - \mathbf{1} \mathbf{1}^T (dP \odot P))", r"dQ = dS K"],
)
def test_wrong_ones_are_not(claim):
    assert verdicts(f"{ROWS}$${claim}$$") == ["wrong if read so"]


def test_the_softmax_of_columns_is_another_one():
    assert verdicts(COLUMNS + r"$$dS = P \odot (dP - \mathbf{1} \mathbf{1}^T (dP \odot P))$$") == ["proved"]


def test_without_words_it_is_not_read():
    steps = check_derivation(ATTENTION % "Here every row is a token.", repairs=False).steps
    assert [step.verdict for step in steps][1] == "not read"


def test_words_right_behind_a_formula_tell_the_axis():
    text = ATTENTION % ""
    told = text.replace(r", \qquad O = P V$$", "$$ (row-wise), and $O = P V$.")
    claim = r"$$dS = P \odot (dP - (dP \odot P) \mathbf{1} \mathbf{1}^T)$$"
    assert verdicts(told + claim)[-1] == "proved"
    assert verdicts(told.replace("row", "column") + claim)[-1] == "wrong if read so"
    assert verdicts(text + claim)[-1] not in ("proved", "wrong")


def test_words_within_the_formula_say_along_which_axis_it_acts(definitions):
    text = r"Let $S \in \mathbb{R}^{n \times m}$ and $$P = \operatorname{softmax}(S)\ \text{(%s)}, \quad O = P V$$"
    assert "exp(S[i, k])" in definitions(text % "row-wise")["P"]
    assert "exp(S[k, j])" in definitions(text % "column-wise")["P"]
    assert "P" not in definitions(text % "as above")


@pytest.mark.parametrize(
    ("words", "axis"),
    [
        ("samples are stored as rows of x. then softmax is applied.", 1),
        ("the examples are in columns. we use a softmax.", 0),
        ("each row is an example. softmax turns scores into probabilities.", 1),
        ("样本按**行**排列。softmax", 1),
        ("样本按列排列。softmax", 0),
        ("each row is an example, and softmax acts on each column.", 0),
        ("each row is an example; in the other layout each column is an example.", None),
        ("the rows of w are weights. we use softmax.", None),
    ],
)
def test_where_the_examples_lie_tells_the_axis(words, axis):
    assert axis_told(words) == axis
