"""What the letters of a document are, from all their uses."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import arguments_of
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Bracketed,
    Comparing,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    WrittenChain,
)

ONE = Numeral(1)


def sub(base, *items):
    return Scripted(Symbol(base), lower=items[0] if len(items) == 1 else Listed(items))


def inventory(*members, conditions=()):
    return Inventory.of([WrittenChain(members, (), conditions)])


def test_letters_of_sums_and_conditions_are_indices_and_their_limits_sizes():
    total = Beside(
        (BigOperator("sum", Comparing((Symbol("k"), ONE), ("=",)), Symbol("K")), sub("z", Symbol("k"))), ("",)
    )
    found = inventory(total, conditions=(Comparing((Symbol("a"), Symbol("b")), ("!=",)),))
    assert found.indices == {"k", "a", "b"}
    assert found.limits == {"K"}
    assert found.has_entries("z")


def test_words_and_other_letters_are_parts_of_names():
    found = inventory(sub("W", Symbol("out", is_word=True)), sub("x", Symbol("i")), sub("E", Symbol("D")))
    assert not found.has_entries("W")
    assert not found.has_entries("E")
    assert found.has_entries("x")


def test_an_index_may_be_a_sum_of_letters_and_numbers():
    found = inventory(sub("x", Symbol("i")))
    assert found.is_index(Signed((Symbol("i"), ONE), (1, 1)))
    assert not found.is_index(Signed((Symbol("q_max"), ONE), (1, 1)))


def test_brackets_that_always_begin_with_one_letter_remind_of_what_a_name_depends_on():
    def called(*letters):
        return Beside((Symbol("J"), Bracketed("(", tuple(map(Symbol, letters)))), ("",))

    assert inventory(called("W"), called("W", "x")).is_value("J")
    assert not inventory(called("x"), called("z")).is_value("J")
    assert inventory(called("x"), called("z"), Symbol("J")).is_value("J")
    assert not inventory(Symbol("J")).is_value("J")


def test_one_index_of_a_bold_letter_chooses_a_vector():
    def entry(*letters, font=""):
        return Scripted(Symbol("x", font=font), lower=Listed(tuple(map(Symbol, letters))))

    bold = entry("i", font="bold")
    assert inventory(entry("i")).member_axis(entry("i")) is None
    assert inventory(bold).member_axis(bold) == 1
    assert inventory(entry("i", "j"), entry("i")).member_axis(entry("i")) == 0
    assert inventory(entry("j", "i"), entry("i")).member_axis(entry("i")) == 1


def test_plain_letters_with_an_index_are_entries_where_bold_ones_are_columns():
    plain, bold = (Scripted(Symbol("e", font=font), lower=Symbol("i")) for font in ("", "bold"))
    found = inventory(plain, bold, Symbol("E", font="bold"))
    assert (found.member_axis(plain), found.member_axis(bold)) == (None, 1)
    assert (found.family_of(plain), found.family_of(bold)) == ("", "E")
    assert inventory(plain, bold).family_of(bold) == "e__all"


def test_letters_beside_bound_ones_in_comparisons_and_deltas_are_indices():
    chains = chains_of(r"y_s = \sum_i \delta_{ia} x_i, \quad z = \sum_j [b + j = s + 1] w_b x_a")
    assert {"a", "b", "s"} <= Inventory.of(chains).indices


def test_a_bold_letter_without_its_index_is_no_single_entry():
    entry, sums = sub("z", Symbol("i")), sub("t", Symbol("i"))
    plain, bold = Symbol("t"), Symbol("z", font="bold")
    found = inventory(Beside((entry, sums, plain, bold), ("", "", "")))
    assert (found.may_be_single("t"), found.may_be_single("z")) == (True, False)


def test_a_variable_of_an_event_is_an_index_only_where_it_is_a_subscript():
    def indices(*formulas):
        return Inventory.of([chain for text in formulas for chain in chains_of(text)]).indices

    assert indices("P(y = k) = q_k", "y + 1 = z") == {"k"}
    assert indices("P(y = k) = q_k", "q_y = z") == {"k", "y"}
    assert indices(r"\mathbf{1}(y = k) = q_k", "y + 1 = z") == {"k", "y"}


def test_a_letter_with_entries_over_which_a_sum_of_values_runs_is_no_index_elsewhere():
    def indices(*formulas):
        return Inventory.of([chain for text in formulas for chain in chains_of(text)]).indices

    assert indices(r"\sum_x p(x) \log q(x) = h", "x_i + c = 1") == {"i"}
    assert indices(r"\sum_k p(k) = h", "c = 1") == {"k"}
    assert indices(r"\sum_v q_v = h", "v_i + c = 1") == {"i", "v"}


def test_a_difference_shows_that_delta_with_two_indices_compares_them_beside_other_deltas():
    def found(text, prose=""):
        return Inventory.of(chains_of(text), prose)

    assert found(r"\delta_i = y_i, \quad p_i (\delta_{ij} - p_j)").delta_compares
    assert found(r"\delta_i = y_i, \quad p_i \delta_{ij}", "kronecker's delta").delta_compares
    assert not found(r"\delta_i = y_i, \quad p_i \delta_{ij}").delta_compares
    assert not found(r"\delta_i = y_i, \quad \delta_{ij} - e_{ij}").delta_compares
    assert not found(r"\delta_{ij} = y_i - t_{ij}, \quad \delta_i + p_i (\delta_{ij} - p_j)").delta_compares
    assert found(r"\delta_k = 1, \quad \delta_{ic} - p_i").indices >= {"c"}


def test_numbers_tell_deltas_apart_where_two_indices_are_compared():
    found = Inventory.of(chains_of(r"\delta_2 = q - y, \quad \delta_1 = W \delta_2, \quad s_i (\delta_{ij} - s_j)"))
    assert not found.has_entries("delta")
    assert Inventory.of(chains_of(r"\delta_2 = q, \quad \delta_{ij} = s_i s_j")).has_entries("delta")


def test_a_delta_with_one_index_is_an_entry_where_two_indices_are_compared():
    found = Inventory.of(chains_of(r"\delta_i = y_i, \quad p_i (\delta_{ij} - p_j)"))
    assert found.member_axis(sub("delta", Symbol("i"))) is None


def test_a_number_before_an_index_is_a_part_of_the_name_if_it_stands_alone_too():
    assert Inventory.of(chains_of(r"h_1 = W h_2, \quad q_i = \exp h_{2,i}")).is_numbered("h")
    assert not Inventory.of(chains_of(r"h_1 = W, \quad q_i = \exp h_i")).is_numbered("h")
    assert not Inventory.of(chains_of(r"q_i = h_{1,i} + h_{2,i}")).is_numbered("h")
    assert not Inventory.of(chains_of(r"h_1 = h, \quad q_i = h_{2,i}")).is_numbered("h")


def test_a_column_that_is_an_argument_has_entries():
    column = r"\begin{{pmatrix}} {} \\ {} \end{{pmatrix}}".format
    found = Inventory.of(chains_of(f"f({column('x_1', 'x_2')}) = g({column('y_1', 'y_1')})"))
    assert found.written_out == {"x"}
    assert found.has_entries("x")
    assert not found.has_entries("y")
    (bracket,) = found.called["f"]
    assert arguments_of(bracket) == (Symbol("x"),)


@pytest.mark.parametrize("letter", "dhowz")
def test_a_letter_below_a_sum_is_an_index_of_what_has_it(claims, letter):
    text = rf"$$y = \sum_{{{letter}=1}}^D v_{letter} x_{letter}$$" + "\n\n"
    claim = rf"$$\frac{{\partial y}}{{\partial v_{letter}}} = x_{letter}$$"
    assert check_derivation(text + claim, repairs=False).steps[-1].verdict == "proved"
    false = rf"$$\sum_{{{letter}=1}}^D v_{letter} x_{letter} = D v_{letter} x_{letter}$$"
    assert not check_derivation(text + false, repairs=False).steps[-1].verdict.startswith("proved")


def test_a_small_letter_whose_capital_ends_a_sum_is_an_index_below():
    def indices(*formulas):
        return Inventory.of([chain for text in formulas for chain in chains_of(text)]).indices

    layer = r"s_m = \sum_{i=0}^H w_{im} o_i"
    assert indices(layer, r"\frac{\partial s_m}{\partial w_{hm}} = o_h") >= {"h", "m"}
    assert "h" not in indices(layer, "w_{hm} = h")


def test_a_transposed_capital_is_no_function():
    chains = chains_of(r"$\frac{\partial L}{\partial W} = X^T (P - Y)$"[1:-1])
    assert "X" not in Inventory.of(chains).called
    assert "f" in Inventory.of(chains_of(r"v = f^T (x)")).called


def test_vectors_stand_behind_transposed_matrices():
    found = Inventory.of(chains_of(r"z_i = W^T x_i + b"))
    assert (found.vectors["x"], found.vectors["z"]) == (1, 0)


def test_a_subscript_that_is_compared_with_an_index_is_an_index():
    assert {"w", "o"} <= Inventory.of(chains_of(r"z = y_o + \sum_{w \ne o} y_w")).indices
    assert "o" not in Inventory.of(chains_of(r"z = y_o + \sum_{w} y_w")).indices


def test_a_letter_that_runs_is_an_index_though_another_runs_up_to_it():
    assert "t" in Inventory.of(chains_of(r"y = \sum_{t=1}^T x_t, \quad z_t = \prod_{j=1}^t x_j")).indices
    assert "t" not in Inventory.of(chains_of(r"z_t = \prod_{j=1}^t x_j")).indices


def test_numbers_of_biases_are_those_of_their_matrices(definitions):
    layers = r"$$H = X W_1 + b_1, \qquad S = H W_2 + b_2, \qquad s_j = \sum_h a_h w_{hj} + b_j$$"
    assert definitions(layers)["H"] == "X @ W_1 + b_1"
    entries = r"$$v = c_1 x + b_1, \qquad s_j = \sum_h a_h w_{hj} + b_j$$"
    assert definitions(entries)["v"] == "c_1 * x + b[1]"
