r"""Labels of examples as indices: log p_{y_i}, s_{i y_i}, and j != y_i below a sum."""

import pytest

from chainrule.documents import check_derivation


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).steps if step.verdict != "definition"]


SOFTMAX = r"$$p_k = \frac{e^{f_k}}{\sum_j e^{f_j}}, \qquad L_i = -\log p_{y_i}$$" + "\n\n"
MEAN = r"$$L = -\frac{1}{N} \sum_{i=1}^N \log \frac{e^{S_{i y_i}}}{\sum_{j=1}^C e^{S_{ij}}}$$" + "\n\n"
HINGE = r"$$L_i = \sum_{j \ne y_i} \max(0, s_j - s_{y_i} + 1)$$" + "\n\n"


@pytest.mark.parametrize(
    ("loss", "right", "wrong"),
    [
        (SOFTMAX, r"\frac{\partial L_i}{\partial f_k} = p_k - \mathbb{1}(y_i = k)", r" + p_k"),
        (SOFTMAX, r"\frac{\partial L_i}{\partial f_{y_i}} = p_{y_i} - 1", " + 1"),
        (
            MEAN,
            r"\frac{\partial L}{\partial S_{ij}} = \frac1N (\frac{e^{S_{ij}}}{\sum_{k=1}^C e^{S_{ik}}} - 1\{y_i = j\})",
            r" + \frac1N",
        ),
        (HINGE, r"\frac{\partial L_i}{\partial s_k} = 1\{s_k - s_{y_i} + 1 > 0\} \quad \text{for } k \ne y_i", None),
        (HINGE, r"\frac{\partial L_i}{\partial s_{y_i}} = - \sum_{j \ne y_i} 1\{s_j - s_{y_i} + 1 > 0\}", " - 1"),
    ],
)
def test_a_label_chooses_one_class(loss, right, wrong):
    assert verdicts(f"{loss}$${right}$$") in (["proved"], ["verified"])
    if wrong is not None:
        assert verdicts(f"{loss}$${right}{wrong}$$") == ["wrong if read so"]


def test_a_condition_on_a_label_counts():
    claim = r"\frac{\partial L_i}{\partial s_k} = 1\{s_k - s_{y_i} + 1 > 0\}"
    assert verdicts(f"{HINGE}$${claim}$$") == ["wrong if read so"]
    assert verdicts(f"{HINGE}$${claim}, \\quad k = y_i$$") == ["wrong if read so"]


def test_the_document_may_have_a_name_for_the_rows_with_ones():
    text = MEAN + "Let $Y$ be the one-hot rows of the labels.\n\n"
    assert verdicts(text + r"$$\sum_{j=1}^C \frac{\partial L}{\partial S_{ij}} = 0$$") == ["proved"]
    slope = r"$$\frac{\partial L}{\partial S_{ij}} = \frac1N (\frac{e^{S_{ij}}}{\sum_{k=1}^C e^{S_{ik}}} - Y_{ij})$$"
    assert verdicts(text + slope) == ["proved"]


@pytest.mark.parametrize(
    "text",
    [
        r"$$E = \sum_i (y_i - q_{y_i})^2$$",
        r"$$E = \sum_i q_{y_i}$$ $$F = y_1 + y_i$$",
        r"$$E = \sum_i q_{y_i} + \prod_i p^{y_i} (1 - p)^{1 - y_i}$$",
    ],
)
def test_a_number_stays_a_number(definitions, text):
    assert "Y" not in str(definitions(text))
