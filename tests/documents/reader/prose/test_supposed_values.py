"""Conditions that give a letter the value of a function, for the rest of their section."""

import pytest

from chainrule.documents import check_derivation

BEFORE = r"""Let $f(z) = \log \sum_{i=1}^n e^{z_i}$ and $H(p, q) = -\sum_i p_i \log q_i$ for vectors $p$ and $q$.

$$H(p, q) = f(z) - p^T z$$

"""
CONDITION = r"If $q = \mathrm{softmax}(z)$, then $H(q, q) \ge 0$ and hence" + "\n\n"


def steps(text):
    return check_derivation(text, repairs=False).steps


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\log q_i = z_i - f(z)", "proved if"),
        (r"\frac{\partial \log q_i}{\partial z_j} = \delta_{ij} - q_j", "proved if"),
        (r"\nabla_z H(p, q) = q - p", "proved if"),
        (r"\log q_i = z_i + f(z)", "wrong if read so"),
        (r"\frac{\partial \log q_i}{\partial z_j} = \delta_{ij} + q_j", "wrong if read so"),
        (r"\nabla_z H(p, q) = q + p", "wrong if read so"),
    ],
)
def test_a_condition_gives_a_letter_its_value_in_its_section(claim, verdict):
    [*_, step] = steps(f"{BEFORE}# Two\n\n{CONDITION}$${claim}$$")
    assert step.verdict == verdict
    if verdict == "proved if":
        assert "q is what line 7 supposes" in step.message
    assert steps(f"{BEFORE}# Two\n\n{CONDITION}# Three\n\n$${claim}$$")[-1].verdict not in ("proved", "proved if")
    assert steps(f"{BEFORE}$${claim}$$")[-1].verdict not in ("proved", "proved if")
