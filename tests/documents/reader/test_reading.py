"""Documents under the hypotheses about them with which the most relations fit."""

import re

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import relation_text


def verdict_of_last(text):
    return check_derivation(text, repairs=False).steps[-1].verdict


def test_a_letter_may_mean_a_number_in_one_section_and_a_vector_in_another(claims):
    text = r"""
# Sigmoid
$$s = \frac{1}{1 + e^{-z}}$$

$$\frac{ds}{dz} = s (1 - s)$$

# Softmax
$$a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

$$\frac{\partial a_j}{\partial z_i} = -a_i a_j, \quad i \neq j$$
"""
    assert claims(text) == [
        "partial(s, z__part_1) = s * (1 - s)",
        "partial(a[j], z[i]) = -(a[i] * a[j]) when i != j",
    ]


def test_rows_multiply_from_the_left(claims):
    text = r"$$z_i = \sum_j x_j W_{ji}$$" + "\n\n" + r"$$z = x W$$"
    assert claims(text) == ["z = x @ W"]


def test_a_letter_without_its_index_is_the_number_of_one_example(claims):
    text = (
        r"$$E = \sum_i (y_i - t_i)^2$$"
        + "\n\n"
        + r"$$\frac{e^{-z}}{1 + e^{-z}} = 1 - \frac{1}{1 + e^{-z}}, \quad c = z_i - z_j$$"
    )
    assert claims(text)[-1].startswith("exp(-z__one)")


def test_only_letters_with_which_more_fits_are_the_number_of_one_example(claims):
    text = r"$$E = \sum_i (y_i - t_i)^2$$ $$\frac{e^{-z}}{1 + e^{-z}} = 1 - \frac{1}{1 + e^{-z}}, \quad c = z_i - z_j$$"
    text += r"$$A x + A^T = 1, \quad A_{ij} = 2$$ $$\sqrt{\sum_i x_i^2} = \|x\|$$"
    assert claims(text)[0].startswith("exp(-z__one)")
    assert claims(text)[-1] == "sqrt(sum(i in n2: x[i]^2)) = norm(x)"


def test_the_derivative_by_one_of_several_vectors_is_one_of_the_derivatives_by_all(claims):
    text = r"$$J = \sum_i \mathbf{v}_i^T \mathbf{v}_i$$ $$\frac{\partial J}{\partial \mathbf{v}_i} = 2 \mathbf{v}_i$$"
    assert claims(text) == ["member(grad(J, v), i) = 2 * member(v, i)"]


def test_a_letter_that_is_an_index_is_one_whatever_else_it_means_in_a_part(claims):
    text = (
        "We use Einstein notation.\n\n# One\n\n$$y_b = W_{bi} x_i + b_b$$\n\n# Two\n\n"
        r"$$z = x + b, \qquad \frac{\partial y_b}{\partial x_c} = W_{bc}$$"
    )
    assert claims(text)[-1] == "partial(y[b_index], x[c]) = W[b_index, c]"


def test_letters_of_indices_name_layers_where_definitions_would_lead_to_themselves(claims):
    layers = r"$$z_j = \sum_i x_i w_{ij}$$ $$a_j = g(z_j)$$ $$z_k = \sum_j a_j w_{jk}$$ $$a_k = g(z_k)$$"
    claim = r" $$\frac{\partial z_k}{\partial w_{ij}} = w_{jk} g'(z_j) x_i$$"
    wanted = "partial(z__of_k[k], w__of_ij[i, j]) = w__of_jk[j, k] * g'(z__of_j[j]) * x__of_i[i]"
    assert claims(layers + claim)[-1] == wanted.replace("w__of_ij", "w").replace("x__of_i", "x")
    assert claims(layers.partition(" $$a_j")[0] + claim)[-1] == re.sub(r"__of_\w+", "", wanted)


def test_a_variable_below_a_limit_is_no_index_and_a_letter_of_its_own_no_transpose(reading_of):
    text = (
        r"Let $y = \sigma(z)$ with $$\sigma(z) = \frac{1}{1 + e^{-z}}$$ $$\lim_{y \to 0} \log y$$"
        "\n\n"
        r"$$L = \prod_i y_i^{t_i}$$"
        "\n\n"
        r"$$\log L = \sum_i t_i \log y_i$$"
    )
    found = reading_of(text).derivation
    assert {each.name for each in found.definitions} == {"y", "sigma", "L"}
    assert "log(L) = sum(i in n" in relation_text(found.claims[0])


def test_a_display_goes_on_from_the_one_before(claims):
    text = "$$y = x^2 + 2x + 1$$\n\nThis is a square:\n\n$$= (x + 1)^2$$"
    assert claims(text) == ["x^2 + 2 * x + 1 = (x + 1)^2"]


def test_every_relation_of_a_display_is_an_entry(reading_of):
    text = "$$p = 2 q$$\n\n" + r"$$a = b = c = \int x = d$$"
    assert len(reading_of(text).entries) == 5


def test_letters_are_others_where_their_shapes_are_others(claims):
    text = r"Let $W \in \mathbb{R}^{m \times n}$ and $b \in \mathbb{R}^m$." + "\n\n"
    parts = [r"$$W x + b = b + W x$$", r"$$\frac{1}{x} = x^{-1}$$", r"$$W x = b$$"]
    found = claims(text + "\n\n".join(f"# Part {number}\n\n{part}" for number, part in enumerate(parts)))
    assert found[1:] == ["1 / x__part_2 = x__part_2^-1", "W @ x = b"]


def test_members_lie_along_the_axis_for_which_no_lengths_must_be_equal(claims):
    text = r"$$z_i = \mathbf{w}_i^T \mathbf{a} + b_i, \quad c = w_{ij} + w_{jk}$$" + "\n\n"
    assert claims(text + r"$$\mathbf{z} = \mathbf{W}^T \mathbf{a} + \mathbf{b}$$") == ["z = W' @ a + b"]


def test_members_lie_along_the_axis_for_which_lengths_that_are_stated_differ(claims):
    text = r"Let $\mathbf{W}^{(l)} \in \mathbb{R}^{d^{(l-1)} \times d^{(l)}}$." + "\n\n"
    text += r"$$z_i^{(l)} = \mathbf{w}_i^{(l)T} \mathbf{a}^{(l-1)} + b_i^{(l)}$$" + "\n\n"
    found = claims(text + r"$$\mathbf{z}^{(l)} = \mathbf{W}^{(l)T} \mathbf{a}^{(l-1)} + \mathbf{b}^{(l)}$$")
    assert found[-1] == "z__l = W__l' @ a__l_minus_1 + b__l"


def test_a_letter_whose_range_alone_is_stated_is_no_doubt():
    wrong = r"$$\frac{d}{dx} x^3 = 3 x$$"
    assert [
        verdict_of_last(text + wrong) for text in ("", "Let $x > 0$.\n\n", r"Let $x \in \mathbb{R}$." + "\n\n")
    ] == ["wrong"] * 3
    assert verdict_of_last("Let $x = g(t)$.\n\n" + wrong) != "proved"


def test_a_function_that_is_defined_by_its_entries_is_no_number_before_a_heading(claims):
    text = r"Let $u \in \mathbb{R}^m$ and $r(u)_a = u_a / \sum_{b=1}^m u_b$." + "\n\n# Sums\n\n" + r"$$\sum_a r_a = 1$$"
    assert claims(text) == ["sum(a in m: r(u)[a]) = 1"]


def test_a_letter_whose_entries_are_used_is_one_vector_though_a_member_seems_to_be_transposed(claims):
    text = "$$q = v^T u$$\n\n$$\\frac{\\partial q}{\\partial v_k} = u_k$$\n\n$$B = [u_1^T, \\dots, u_m^T]$$"
    assert claims(text) == ["partial(q, v[k]) = u[k]"]


def test_a_letter_has_one_meaning_in_a_claim_that_uses_it_by_a_definition_too(claims):
    block = "---\nm: size\nn: size\nx: vector n\nA: matrix n n\nB: matrix m n\n---\n\n"
    one, two = (
        "# One\n\nLet $h = A x$, $v = B h$ and $r = \\sum_i v_i$.\n\n",
        "## Two\n\n$$v_i - \\sum_j B_{ij} h_j = 0$$\n\n",
    )
    text = one + two + "## Three\n\n$$r = \\mathbf{1}^T B h$$"
    assert [step.verdict for step in check_derivation(block + text, repairs=False).claims] == ["proved", "proved"]


def test_one_wrong_step_does_not_change_what_the_text_declares():
    text = (
        r"Let $X \in \mathbb{R}^{N \times D}$, $W \in \mathbb{R}^{D \times K}$ and $Y \in \mathbb{R}^{N \times K}$."
        "\n\n$$P = X W$$\n\n$$J = \\frac{1}{2} \\|P - Y\\|^2$$\n\n"
        "$$\\frac{\\partial J}{\\partial W} = X (P - Y)$$\n\n"
        "$$\\frac{\\partial J}{\\partial W} = X^T (P - Y)$$"
    )
    steps = check_derivation(text).steps
    assert [step.verdict for step in steps[-2:]] == ["does not fit if read so", "proved"]


def test_a_word_that_steps_differentiate_by_is_one_name(claims):
    text = r"$$\frac{\partial E}{\partial w} = \frac{\partial E}{\partial net} \frac{\partial net}{\partial w}$$"
    text += "\n\n" + r"$$\frac{\partial E}{\partial net} = 3 net$$"
    assert claims(text)[-1] == "partial(E, net) = 3 * net"


def test_a_vector_without_an_index_may_be_another_one_than_those_with_one(claims):
    text = r"""
$$g(a, h) = \exp(a^T h)$$

$$\sum_{k=1}^K g(-a_k, h) = \sum_{k=1}^K \exp(-a_k^T h)$$

$$a^T a = \|a\|^2$$
"""
    assert claims(text)[:1] == ["sum(k in K: g(-member(a__all, k), h)) = sum(k in K: exp(-(member(a__all, k)' @ h)))"]


def test_what_a_sentence_says_of_a_letter_counts_where_it_fits():
    text = "# One\n\n$$\\frac{d}{dx} x^3 = 3 x^2$$\n\n# Two\n\nLet $x \\in \\mathbb{R}^n$.\n\n$$x^T x = \\|x\\|^2$$\n\n"
    text += "# Three\n\n$$(x + 1)^2 = x^2 + 2 x + 1$$\n\n# Four\n\n$$\\nabla_x x^T x = 2 x$$"
    assert [step.verdict for step in check_derivation(text).steps] == ["proved"] * 4


def test_identities_between_equivalences_are_claims_beside_one_that_does_not_fit(reading_of):
    text = "Let $x, u \\in \\mathbb{R}^n$.\n\n$$0 \\le e^c \\le 1 + e^c$$\n\n$$\\Leftrightarrow 0 \\le e^c \\le u$$\n\n"
    found = reading_of(text + "$$\\Leftrightarrow 0 \\le \\frac{e^c}{1 + e^c} \\le 1$$")
    kinds = [entry.kind for entry in found.entries if entry.statement.relation == "<="]
    assert kinds == ["claim", "claim", "claim", "hypothesis", "claim", "claim"]
