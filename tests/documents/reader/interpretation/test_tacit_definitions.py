"""What a text lets readers guess: layers that are left out, means."""

from chainrule.documents import check_derivation


def test_a_letter_without_a_layer_is_that_of_the_last_one_if_proofs_assume_it():
    text = r"""
$$z^l_j = \sum_k w^l_{jk} a^{l-1}_k + b^l_j, \quad a^l_j = \sigma(z^l_j)$$
$$\delta^l_j = \frac{\partial C}{\partial z^l_j}, \quad \delta^L_j = \frac{\partial C}{\partial a^L_j} \sigma'(z^L_j)$$
$$\delta^L = \nabla_a C \odot %s$$
"""
    right, wrong = (
        check_derivation(text % slope, "a.md", repairs=False).steps[-1] for slope in (r"\sigma'(z^L)", r"\sigma(z^L)")
    )
    assert (right.verdict, wrong.verdict) == ("proved if", "wrong if read so")
    assert right.assumed == ("a without a layer is that of the last one",)


def test_a_mean_that_a_text_defines_otherwise_is_none():
    [_, defined] = check_derivation("$$\\bar x = 2 \\sum_{i=1}^n x_i$$ $$\\sum_i x_i = n \\bar x$$", "a.md").steps
    assert defined.verdict.startswith("wrong")
