"""Letters that mean another thing in another part of a document."""

from chainrule.documents import check_derivation


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


def test_a_letter_that_is_an_index_is_one_whatever_else_it_means_in_a_part(claims):
    text = (
        "We use Einstein notation.\n\n# One\n\n$$y_b = W_{bi} x_i + b_b$$\n\n# Two\n\n"
        r"$$z = x + b, \qquad \frac{\partial y_b}{\partial x_c} = W_{bc}$$"
    )
    assert claims(text)[-1] == "partial(y[b_index], x[c]) = W[b_index, c]"


def test_letters_are_others_where_their_shapes_are_others(claims):
    text = r"Let $W \in \mathbb{R}^{m \times n}$ and $b \in \mathbb{R}^m$." + "\n\n"
    parts = [r"$$W x + b = b + W x$$", r"$$\frac{1}{x} = x^{-1}$$", r"$$W x = b$$"]
    found = claims(text + "\n\n".join(f"# Part {number}\n\n{part}" for number, part in enumerate(parts)))
    assert found[1:] == ["1 / x__part_2 = x__part_2^-1", "W @ x = b"]


def test_a_letter_has_one_meaning_in_a_claim_that_uses_it_by_a_definition_too(claims):
    block = "---\nm: size\nn: size\nx: vector n\nA: matrix n n\nB: matrix m n\n---\n\n"
    one, two = (
        "# One\n\nLet $h = A x$, $v = B h$ and $r = \\sum_i v_i$.\n\n",
        "## Two\n\n$$v_i - \\sum_j B_{ij} h_j = 0$$\n\n",
    )
    text = one + two + "## Three\n\n$$r = \\mathbf{1}^T B h$$"
    assert [step.verdict for step in check_derivation(block + text, repairs=False).claims] == ["proved", "proved"]


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


def test_a_letter_whose_entries_are_used_is_one_vector_though_a_member_seems_to_be_transposed(claims):
    text = "$$q = v^T u$$\n\n$$\\frac{\\partial q}{\\partial v_k} = u_k$$\n\n$$B = [u_1^T, \\dots, u_m^T]$$"
    assert claims(text) == ["partial(q, v[k]) = u[k]"]


def test_a_letter_that_a_block_uses_alone_is_the_same_where_it_has_indices():
    text = "Sums are implied (Einstein).\n\n# A\n\n" + r"$$\frac{\partial v_k}{\partial W_{cd}} = h_c \delta_{kd}$$"
    assert [step.verdict for step in check_derivation(text, "v := h W + u", repairs=False).claims] == ["proved"]
    false = text.replace("h_c", "h_d")
    assert [step.verdict for step in check_derivation(false, "v := h W + u", repairs=False).claims] != ["proved"]
