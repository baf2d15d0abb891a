"""Ranges of sums: sets, several indices, and conditions below the sign."""

import pytest

from chainrule.documents import check_derivation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\sum_{i, j = 2}^n q_{ij}", "sum(i in 2..n: sum(j in 2..n: q[i, j]))"),
        (r"\sum_{i : r_i > 0} r_i", "sum(i in n0 if r[i] > 0: r[i])"),
        (r"\sum_{j : j \neq i} q_{ij}", "sum(j in n0 if j != i: q[i, j])"),
        (r"\sum_{j = 1, j \neq i}^n q_{ij}", "sum(j in n if j != i: q[i, j])"),
        (r"\sum_{k \in \mathcal{V}} q_k^2", "sum(k in V__set: q[k]^2)"),
        (r"\sum_{(x_i, y_i) \in R} x_i y_i", "sum(i in R__set: x[i] * y[i])"),
    ],
)
def test_what_stands_below_a_sum_is_its_range(claims, text, expected):
    (claim,) = claims(f"$$c + {text} = 2$$")
    assert claim.partition("c + ")[2] == f"{expected} = 2"


def test_a_set_has_so_many_members():
    (step,) = check_derivation(r"$$\sum_{i \in S} (u_i - m) = \sum_{i \in S} u_i - |S| m$$").steps
    assert step.verdict == "proved"
    other = check_derivation(r"$$\sum_{i \in S} u_i = \sum_{i = 1}^n u_i$$").steps[0]
    assert other.verdict == "wrong if read so"


@pytest.mark.parametrize("text", [r"\sum_{v \in V} v^2", r"\sum_{v \in V} f(v)", r"\sum_{v \in \mathbb{R}} u_v"])
def test_the_members_of_a_set_are_no_numbers(reading_of, text):
    (entry,) = reading_of(f"$${text} = {text} + 1$$").entries
    assert entry.kind == "not read"


def test_what_a_sum_over_a_set_defines_is_never_certain():
    text = r"$$F = \sum_{i=1}^n u_i$$" + "\n\n" + r"$$E = \sum_{i \in B} u_i$$" + "\n\n"
    steps = check_derivation(text + r"$$\frac{\partial E}{\partial u_k} = 1$$").steps
    assert [step.verdict for step in steps] == ["definition", "definition", "wrong if read so"]


def test_the_members_of_a_set_are_no_numbers_where_their_letter_means_something_else():
    text = (
        r"# A" + "\n\n" + r"$$x = W u, \quad x_i = v_i$$" + "\n\n# B\n\n" + r"$$H(p) = \sum_{x \in X} p(x) \log p(x)$$"
    )
    assert check_derivation(text).steps[-1].verdict == "not read"


HINGE = r"$$L = \sum_{k \ne y} \max(0, s_k - s_y + 1)$$" + "\n\n" + r"For $k \ne y$" + "\n\n"


def test_a_label_is_the_same_in_all_terms_of_a_sum_over_two_letters():
    text = r"The label is $y \in \{1, \dots, K\}$ and" + "\n\n" + HINGE
    right, wrong = (r"$$\frac{\partial L}{\partial s_k} = [s_k - s_y + 1 > 0]" + end for end in ("$$", " + 1$$"))
    assert [step.verdict for step in check_derivation(text + right, repairs=False).claims] == ["verified"]
    assert check_derivation(text + wrong, repairs=False).claims[0].verdict == "wrong"


def test_without_a_label_a_sum_over_two_letters_runs_over_both(definitions):
    assert "y in n" in definitions(HINGE)["L"]
