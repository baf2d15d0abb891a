"""The hypotheses about a document with which the most of it fits."""

import re

import pytest

from chainrule.documents import check_derivation


def test_rows_multiply_from_the_left(claims):
    text = r"$$z_i = \sum_j x_j W_{ji}$$" + "\n\n" + r"$$z = x W$$"
    assert claims(text) == ["z = x @ W"]


def test_a_letter_without_its_index_is_the_number_of_one_example(claims):
    text = r"$$E = \sum_i (y_i - t_i)^2$$" + "\n\n" + r"$$\frac{1 + z}{z} = 1 + \frac{1}{z}, \quad c = z_i - z_j$$"
    assert claims(text)[-1].startswith("(1 + z__one) / z__one")


def test_only_letters_with_which_more_fits_are_the_number_of_one_example(claims):
    text = r"$$E = \sum_i (y_i - t_i)^2$$ $$\frac{1 + z}{z} = 1 + \frac{1}{z}, \quad c = z_i - z_j$$"
    text += r"$$A x + A^T = 1, \quad A_{ij} = 2$$ $$\sqrt{\sum_i x_i^2} = \|x\|$$"
    assert claims(text)[0].startswith("(1 + z__one) / z__one")
    assert claims(text)[-1] == "sqrt(sum(i in n2: x[i]^2)) = norm(x)"


def test_letters_of_indices_name_layers_where_definitions_would_lead_to_themselves(claims):
    layers = r"$$z_j = \sum_i x_i w_{ij}$$ $$a_j = g(z_j)$$ $$z_k = \sum_j a_j w_{jk}$$ $$a_k = g(z_k)$$"
    claim = r" $$\frac{\partial z_k}{\partial w_{ij}} = w_{jk} g'(z_j) x_i$$"
    wanted = "partial(z__of_k[k], w__of_ij[i, j]) = w__of_jk[j, k] * g'(z__of_j[j]) * x__of_i[i]"
    assert claims(layers + claim)[-1] == wanted.replace("w__of_ij", "w").replace("x__of_i", "x")
    assert claims(layers.partition(" $$a_j")[0] + claim)[-1] == re.sub(r"__of_\w+", "", wanted)


def test_members_lie_along_the_axis_for_which_no_lengths_must_be_equal(claims):
    text = r"$$z_i = \mathbf{w}_i^T \mathbf{a} + b_i, \quad c = w_{ij} + w_{jk}$$" + "\n\n"
    assert claims(text + r"$$\mathbf{z} = \mathbf{W}^T \mathbf{a} + \mathbf{b}$$") == ["z = W' @ a + b"]


def test_members_lie_along_the_axis_for_which_lengths_that_are_stated_differ(claims):
    text = r"Let $\mathbf{W}^{(l)} \in \mathbb{R}^{d^{(l-1)} \times d^{(l)}}$." + "\n\n"
    text += r"$$z_i^{(l)} = \mathbf{w}_i^{(l)T} \mathbf{a}^{(l-1)} + b_i^{(l)}$$" + "\n\n"
    found = claims(text + r"$$\mathbf{z}^{(l)} = \mathbf{W}^{(l)T} \mathbf{a}^{(l-1)} + \mathbf{b}^{(l)}$$")
    assert found[-1] == "z__l = W__l' @ a__l_minus_1 + b__l"


def test_one_wrong_step_does_not_change_what_the_text_declares():
    text = (
        r"Let $X \in \mathbb{R}^{N \times D}$, $W \in \mathbb{R}^{D \times K}$ and $Y \in \mathbb{R}^{N \times K}$."
        "\n\n$$P = X W$$\n\n$$J = \\frac{1}{2} \\|P - Y\\|^2$$\n\n"
        "$$\\frac{\\partial J}{\\partial W} = X (P - Y)$$\n\n"
        "$$\\frac{\\partial J}{\\partial W} = X^T (P - Y)$$"
    )
    steps = check_derivation(text).steps
    assert [step.verdict for step in steps[-2:]] == ["does not fit if read so", "proved"]


def test_a_declared_matrix_with_one_index_has_rows_where_columns_do_not_fit():
    block = "---\nW: matrix C M\nx: column M\nv: column M\nc: 1..C\n---\n\n"
    text = block + "$$e^{(W_c + v) \\cdot x} = e^{W_c \\cdot x} e^{v \\cdot x}$$"

    def verdict(text):
        [claim] = check_derivation(text, repairs=False).claims
        return claim.verdict

    assert verdict(text) == "proved"
    assert verdict(text.replace("1..C", "1..M").replace("column M", "column C")) == "proved"
    assert verdict(text.replace("e^{v \\cdot x}", "v \\cdot x")).startswith("wrong")


def test_examples_are_numbers_or_vectors_as_more_relations_fit(claims):
    vectors = r"Let $\mu \in \mathbb{R}^n$. $$\sum_{i=1}^m (x^{(i)} - \mu) = 2 \mu, \quad \mu^T \mu = 2$$"
    assert claims(vectors)[0] == "sum(i in m: member(x__each, i) - mu) = 2 * mu"
    numbers = r"$$h(y) = \eta^T y, \quad h(y^{(i)}) = c$$ $$\sum_{i=1}^m \frac{1}{y^{(i)}} = \log y^{(i)} = c$$"
    assert "1 / y__each[i]" in " ".join(claims(numbers))


def test_a_block_says_whether_examples_are_numbers(verdict_of):
    declared = "\\eta, y: column n\n" + "y^i: number"
    said = r"$$h(y) = \eta^T y, \quad \sum_{i=1}^m h(y^i) = c$$ "
    assert verdict_of(r"\sum_{i=1}^m \frac{1}{y^i} y^i = m", declared, said) == "proved"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\text{softmax}(x + c) = \text{softmax}(x)", "proved"),
        (r"\text{softmax}(x + c) = \text{softmax}(x - c)", "proved"),
        (r"\text{softmax}(c x) = \text{softmax}(x)", "wrong if read so"),
    ],
)
def test_a_letter_that_is_added_to_entries_is_a_number(claim, verdict, verdict_of):
    entries = r"$$\text{softmax}(x + c)_i = \frac{e^{x_i + c}}{\sum_{j=1}^n e^{x_j + c}}$$" + "\n\n"
    assert verdict_of(claim, "x: column n", entries) == verdict


def test_a_guessed_number_is_a_doubt():
    text = "---\nx: column n\n---\n\n$$s = x + c, \\quad \\sum_i (x_i + c) = 3$$"
    step = check_derivation(text, repairs=False).steps[-1]
    assert step.verdict == "wrong if read so"
    assert "c is a number that is added to each entry" in step.message


TWO_LAYERS = r"""
$$z^{[1]} = W^{[1]} x + b^{[1]}, \quad a^{[1]} = \tanh(z^{[1]}), \quad z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$

$$\hat{y} = \sigma(z^{[2]})$$ where $\sigma(z) = 1 / (1 + e^{-z})$.

$$L = -y \log \hat{y} - (1 - y) \log (1 - \hat{y})$$

$$dz^{[2]} = \frac{\partial L}{\partial z^{[2]}}$$

"""


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial L}{\partial W^{[2]}} = (\hat{y} - y) a^{[1]T}",
        r"dz^{[1]} = W^{[2]T} dz^{[2]} \odot (1 - a^{[1]} \odot a^{[1]})",
        r"\frac{\partial L}{\partial W^{[1]}} = dz^{[1]} x^T",
    ],
)
def test_the_last_matrix_of_a_network_with_one_output_is_a_row(claim, verdict_of):
    assert verdict_of(claim, "", TWO_LAYERS) == "proved"
    assert verdict_of(claim.replace("= ", "= 2 "), "", TWO_LAYERS) == "wrong if read so"


def test_a_guessed_row_is_a_doubt(reading_of):
    reading = reading_of(TWO_LAYERS + r"$$\frac{\partial L}{\partial W^{[2]}} = \hat{y} a^{[1]T}$$")
    assert "W__2 is a row" in reading.entries[-1].rests_on


def test_sizes_that_the_text_makes_equal_are_one_size_everywhere():
    text = r"Let $A, C \in \mathbb{R}^{n\times d}$ and $B \in \mathbb{R}^{m\times d}$. %s we have $$A + B %s$$"
    [*_, step] = check_derivation(text % ("With $n=m$", "- A = B"), "a.md", repairs=False).steps
    assert (step.verdict, step.assumed) == ("proved if", ("n = m everywhere",))
    for words, more in (("With $n=m$", "= A + C"), ("Then", "- A = B")):
        [*_, step] = check_derivation(text % (words, more), "a.md", repairs=False).steps
        assert not step.verdict.startswith("proved")


def test_a_loss_is_the_sum_of_its_members_where_other_letters_with_one_index_are_vectors(reading_of):
    text = r"""
$$a_t = U x_t + b, \quad o_t = V a_t + c, \quad p_t = \mathrm{softmax}(o_t)$$
Here $L = \sum_{t=1}^T L_t$ with $L_t = -y_t^\top \log p_t$.
$$\frac{\partial L}{\partial o_t} = p_t - y_t$$
$$\frac{\partial L}{\partial V} = \sum_t (p_t - y_t) a_t^\top$$
"""
    shapes = reading_of(text).shapes.names
    assert (len(shapes["L__one"].known), len(shapes["o"].known)) == (0, 2)


def test_letters_with_one_index_are_vectors_where_more_fits(claims):
    text = (
        "$$z_i = W^T x_i + b, \\qquad p_i = \\text{softmax}(z_i)$$\n\n$$L = -\\sum_i \\sum_k y_{ik} \\log p_{ik}$$\n\n"
        "$$\\frac{\\partial L}{\\partial z_i} = p_i - y_i$$"
    )
    assert claims(text)[-1] == "member(grad(L, z), i) = member(p', i) - member(y', i)"
    entries = "$$z_i = W^T x_i + b, \\qquad L = \\sum_i z_i^2$$\n\n$$\\frac{\\partial L}{\\partial z_i} = 2 z_i$$"
    assert claims(entries)[-1] == "partial(L, z[i]) = 2 * z[i]"
