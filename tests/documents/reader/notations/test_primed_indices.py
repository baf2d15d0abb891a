"""Indices with primes."""

from chainrule.documents import check_derivation
from chainrule.documents.reader.notations.primed_indices import with_primed_indices
from chainrule.documents.reader.syntax.chains import chains_of


def changed(*texts):
    chains = {number: chains_of(text) for number, text in enumerate(texts)}
    return with_primed_indices(chains) != chains


def test_a_primed_index_is_another_letter():
    text = r"""$$p_c = \frac{e^{s_c}}{\sum_{c'} e^{s_{c'}}}$$

$$\frac{\partial p_c}{\partial s_{c'}} = p_c (\delta_{cc'} - p_{c'})$$

$$\frac{\partial p_c}{\partial s_{c'}} = p_c (\delta_{cc'} + p_{c'})$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved", "wrong"]


def test_primes_of_functions_and_of_values_that_a_sum_runs_over_stay():
    assert not changed("f'(x) = g'(x)", r"\sum_{x'} p(x') = 1", "w' = w - v")
    assert changed(r"\sum_{i'} x_{i'}", "y_j = x_{j'}")
    assert not changed("y = x_{c'}")


def test_the_new_letter_is_not_in_use():
    [chain] = with_primed_indices({0: chains_of(r"x_{i i'} = \sum_j \sum_{j'} a_{j j'} b_{k l} c_{m n}")})[0]
    assert str(chain).count("text='i'") == 1
    assert str(chain).count("text='j'") == 2  # below the sum, and below a
