"""Subscripts in subscripts."""

from chainrule.documents import check_derivation
from chainrule.documents.reader.notations.nested_subscripts import with_nested_subscripts
from chainrule.documents.reader.syntax.chains import chains_of

NETWORK = r"""Let $q_t = V s_t$ with $V \in \mathbb{R}^{N \times M}$. Then

$$q_{t_l} = \sum_{m=1}^M V_{l m} s_{t_m}$$

$$\frac{\partial q_{t_l}}{\partial V_{i j}} = \delta_{i l} s_{t_j}$$

$$\frac{\partial q_{t_l}}{\partial V_{i j}} = \delta_{i l} s_{t_i}$$"""


def read(*texts):
    chains = {number: chains_of(text) for number, text in enumerate(texts)}
    return with_nested_subscripts(chains), chains


def test_an_entry_of_a_vector_that_has_an_index():
    verdicts = [step.verdict for step in check_derivation(NETWORK, repairs=False).claims]
    assert verdicts[:2] == ["proved", "proved"]
    assert verdicts[2] not in ("proved", "verified", "proved if", "held")


def test_a_list_of_both_is_the_same():
    found, _ = read("s_t = z_t", "s_{t_m} + s_{{t-1}_m}")
    other, _ = read("s_t = z_t", "s_{t,m} + s_{t-1,m}")
    assert found == other


def test_subscripts_that_are_names_stay():
    for texts in (
        (r"\log p_{y_i}", "y_i = k"),  # y_i is a label
        ("x_{n_k} + x_n", "n_k > k"),  # n_k is a number
        ("W_{i_t}", "h_t = x_t"),  # nothing has the subscript i alone
    ):
        found, chains = read(*texts)
        assert found == chains
