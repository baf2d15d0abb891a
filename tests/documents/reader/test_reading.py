"""Documents under the hypotheses about them with which the most relations fit."""

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import relation_text


def verdict_of_last(text):
    return check_derivation(text, repairs=False).steps[-1].verdict


def test_the_derivative_by_one_of_several_vectors_is_one_of_the_derivatives_by_all(claims):
    text = r"$$J = \sum_i \mathbf{v}_i^T \mathbf{v}_i$$ $$\frac{\partial J}{\partial \mathbf{v}_i} = 2 \mathbf{v}_i$$"
    assert claims(text) == ["member(grad(J, v), i) = 2 * member(v, i)"]


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


def test_a_letter_whose_range_alone_is_stated_is_no_doubt():
    wrong = r"$$\frac{d}{dx} x^3 = 3 x$$"
    assert [
        verdict_of_last(text + wrong) for text in ("", "Let $x > 0$.\n\n", r"Let $x \in \mathbb{R}$." + "\n\n")
    ] == ["wrong"] * 3
    assert verdict_of_last("Let $x = g(t)$.\n\n" + wrong) != "proved"


def test_a_function_that_is_defined_by_its_entries_is_no_number_before_a_heading(claims):
    text = r"Let $u \in \mathbb{R}^m$ and $r(u)_a = u_a / \sum_{b=1}^m u_b$." + "\n\n# Sums\n\n" + r"$$\sum_a r_a = 1$$"
    assert claims(text) == ["sum(a in m: r(u)[a]) = 1"]


def test_identities_between_equivalences_are_claims_beside_one_that_does_not_fit(reading_of):
    text = "Let $x, u \\in \\mathbb{R}^n$.\n\n$$0 \\le e^c \\le 1 + e^c$$\n\n$$\\Leftrightarrow 0 \\le e^c \\le u$$\n\n"
    found = reading_of(text + "$$\\Leftrightarrow 0 \\le \\frac{e^c}{1 + e^c} \\le 1$$")
    kinds = [entry.kind for entry in found.entries if entry.statement.relation == "<="]
    assert kinds == ["claim", "claim", "claim", "hypothesis", "claim", "claim"]


def test_formulas_read_by_themselves_keep_the_sizes_that_their_part_states(reading_of):
    text = "# A\n\nLet $V \\in \\mathbb{R}^{p \\times q}$.\n\n$$y = V x$$\n\n"
    text += "# B\n\nLet $W \\in \\mathbb{R}^{n \\times m}$.\n\n$$u = 2$$\n\n$$z = W x$$\n\n$$s = V W$$"
    whole = reading_of(text)
    pieces = {each.statement.piece.text: id(each.statement.piece) for each in whole.entries}
    alone = whole.afresh({pieces["z = W x"], pieces["s = V W"]})
    sizes = {name: [str(dim.final) for dim in shape.known or ()] for name, shape in alone.shapes.names.items()}
    assert sizes["W"] == ["n", "m"]
    assert sizes["z"][0] == "n"
    assert sizes["V"][0] != "p"  # another part says so
