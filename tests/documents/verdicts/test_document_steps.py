import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.syntax.known_words import LAYOUT_GUESSED
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts import document_steps
from chainrule.documents.verdicts.document_steps import ALONE, steps_of


def verdicts(text):
    return [(step.line, step.verdict.name) for step in steps_of(pieces_of(text, "a.md")).steps]


def test_every_relation_is_listed_in_its_order():
    text = "$$f(x) = x^2$$\n\n$$\\frac{df}{dx} = 2x = x + x$$\n\n$$\\oint x = 1$$"
    assert verdicts(text) == [(1, "definition"), (3, "proved"), (3, "proved"), (5, "not read")]


def test_a_step_that_mends_a_wrong_one_follows_from_the_beginning_of_its_chain():
    text = "$$\\begin{aligned} (x + 1)^2 &= x^2 + 1 \\\\ &= x^2 + 2x + 1 \\\\ &= x^2 + 2x \\end{aligned}$$"
    assert [name for _, name in verdicts(text)] == ["wrong", "proved", "wrong"]
    steps = steps_of(pieces_of(text, "a.md")).steps
    assert [step.finding.of_chain for step in steps] == [False, True, False]


def test_the_beginning_of_a_chain_with_an_inequality_is_no_evidence():
    text = "$$\\begin{aligned} x^2 + 1 &> x^2 \\\\ &= x^2 + 1 \\end{aligned}$$"
    assert [name for _, name in verdicts(text)] == ["proved", "wrong"]


def test_a_name_whose_definition_is_repeated_keeps_it():
    text = "$$f = x^2$$\n\n$$f = x \\cdot x$$\n\n$$\\frac{df}{dx} = 2x$$"
    assert [name for _, name in verdicts(text)] == ["definition", "proved", "proved"]


def test_a_name_without_a_readable_definition_is_no_constant():
    text = "$$z = \\iint x$$\n\n$$\\frac{dz}{dx} = 0$$"
    assert verdicts(text)[1] == (3, "no definition")


def test_a_formula_in_a_sentence_that_is_not_used_is_a_doubt_about_later_claims():
    claim = "$$f^2(x) = 9x + 4$$\n"
    text = f"We write $f^2 = f \\circ f$. Let $f(x) = 3x + 1$.\n\n{claim}"
    (step,) = [step for step in steps_of(pieces_of(text, "a.md")).steps if step.line == 3]
    assert step.verdict.name == "wrong if read so"


def test_a_name_that_a_sentence_ties_to_others_moves_with_them():
    text = "Let $y = x^3$ hold on the curve.\n\n$$f = x^2 y$$\n\n$$\\frac{df}{dx} = 2 x y$$"
    assert "proved" not in [name for line, name in verdicts(text) if line == 5]


def test_a_sentence_that_defines_a_name_anew_ends_its_definition():
    text = "Let $L = \\frac{1}{2} w^2$.\n\nNow the loss is $L = w^3$. Then\n\n$$\\frac{dL}{dw} = w$$"
    assert verdicts(text)[-1][1] == "no definition"


def test_a_decimal_is_true_to_its_digits():
    assert verdicts("$$\\log 2 = 0.69$$") == [(1, "undecided")]
    assert verdicts("$$\\log 2 = 0.68$$") == [(1, "wrong")]
    assert verdicts("$$0.1 + 0.2 = 0.31$$") == [(1, "wrong")]


def test_a_name_that_stands_on_the_left_alone_may_be_defined_there():
    assert verdicts("$$s^2 = x + 1$$") == [(1, "wrong if read so")]
    assert verdicts("$$x^2 = x + 1$$") == [(1, "wrong")]


def test_a_second_gradient_is_no_first_one():
    text = "Let $x$ be a vector of length 3.\n\n$$\\nabla_x^2 (x^T x) = 2x$$"
    assert [name for _, name in verdicts(text)][-1] not in ("proved", "verified", "proved if")


def test_a_name_with_a_superscript_is_not_the_one_without():
    text = "Here $W = W^{(1)} W^{(2)}$.\n\n$$z^{(l)} = W^{(l)} x$$\n\n$$\\frac{d z^{(l)}}{d x} = W^{(l)}$$"
    assert verdicts(text)[-1][1] == "proved"
    assert verdicts(text.replace("(l)", "(1)").replace("W = W", "W^{(1)} = V"))[-1][1] != "proved"


def test_the_row_of_a_matrix_is_no_matrix():
    text = "Here $w_{j:}$ is the row $j$ of the matrix $W$.\n\n$$\\sum_j W_{jk} = \\sum_i W_{ik}$$"
    assert verdicts(text)[-1][1] == "proved"


def test_a_loss_is_unknown_in_definitions_too():
    text = "$$J = y^2$$\n\n$$z_i = \\sum_k w_{ik} x_k$$\n\n$$e_i = \\frac{\\partial J}{\\partial z_i}$$\n\n"
    claim = "$$\\frac{\\partial J}{\\partial w_{ik}} = e_i x_k$$"
    assert verdicts(text + claim)[-1][1] == "proved if"  # nothing says that J has no other path to w
    assert verdicts(text + claim.replace("x_k$", "x_i$"))[-1][1] == "wrong if read so"


def test_what_holds_with_both_definitions_of_a_name_stays_proved():
    text = "$$z = x^2 + 1$$\n\n$$z = x^2 + 2$$\n\n$$\\frac{dz}{dx} = 2 x$$\n\n$$\\frac{dz}{dx} = 2 x z$$"
    assert verdicts(text)[2:] == [(5, "proved"), (7, "no definition")]
    text = "$$z = x^2 + 1$$\n\n$$z = x^3$$\n\n$$\\frac{dz}{dx} = 2 x$$"
    assert verdicts(text)[2:] == [(5, "no definition")]
    text = "$$z = x^2 + 1$$\n\n$$z = x^2 + 2$$\n\n$$z = x^2 + 3$$\n\n$$\\frac{dz}{dx} = 2 x$$"
    assert verdicts(text)[3:] == [(7, "proved if")]


def test_second_definitions_of_entries_count_too():
    text = "$$z_i = x_i^2$$\n\n$$z_i = x_i^2 + c$$\n\n$$\\frac{\\partial z_i}{\\partial x_j} = 2 x_i \\delta_{ij}$$"
    assert verdicts(text)[2:] == [(5, "proved")]


def test_a_second_definition_that_is_not_read_ends_the_first_one():
    text = "$$z = x^2$$\n\n$$z = \\iint x$$\n\n$$\\frac{dz}{dx} = 2 x$$\n\n$$z + 1 = 1 + z$$"
    assert verdicts(text)[2:] == [(5, "no definition"), (7, "proved")]


def test_positive_functions_have_logarithms_and_others_need_not():
    text = "---\nu: scalar\nr: function{}\n---\n\n$$\\ln r(u) = \\frac{{1}}{{2}} \\ln r(u)^2$$"
    assert verdicts(text.format(", positive")) == [(6, "proved")]
    assert verdicts(text.format(", negative")) != [(6, "proved")]


def test_a_claim_is_proved_by_the_formulas_around_it_alone_if_its_names_are_defined_anew_elsewhere():
    text = "# One\n\n$$y = v + c$$\n\n$$y = 2 v$$\n\n$$y = v^3$$\n\n# Two\n\n"
    found = steps_of(pieces_of(text + "$$\\frac{dJ}{dv} = \\frac{dJ}{dy} \\frac{dy}{dv}$$", "a.md")).steps
    assert found[-1].verdict.name == "proved"
    assert ALONE in found[-1].doubts


def test_nothing_is_proved_alone_where_a_name_moves_by_what_it_is_made_of_elsewhere():
    text = "# One\n\n$$u = b c$$\n\n$$v = a + u$$\n\n$$J = 3 v$$\n\n# Two\n\n"
    claim = "$$\\frac{dJ}{da} = \\frac{dJ}{du} \\frac{du}{da}$$"
    assert not steps_of(pieces_of(text + claim, "a.md")).steps[-1].verdict.holds
    for more in ("$$J = v^2$$\n\n# Three\n\n", "Here $v = 11$ and $J = 33$.\n\n"):
        assert not steps_of(pieces_of(text + more + claim, "a.md")).steps[-1].verdict.holds


def test_a_name_that_is_defined_elsewhere_is_no_constant_where_something_is_differentiated():
    text = "# One\n\n$$h = 3 x$$\n\n$$h = x + 1$$\n\n# Two\n\n$$\\frac{\\partial}{\\partial x} (h x) = h$$"
    assert verdicts(text)[-1][1] in ("wrong", "wrong if read so", "no definition")


def test_a_second_definition_of_what_a_free_name_is_made_of_does_not_matter():
    text = "$$z = 2 x$$\n\n$$z = x + b$$\n\n$$a = e^z$$\n\n$$L = a^2$$\n\n$$\\frac{dL}{da} = 2 a$$"
    assert verdicts(text)[-1] == (9, "proved")
    assert verdicts(text + "\n\n$$\\frac{dL}{dx} = 4 a^2$$")[-1] == (11, "no definition")


def test_a_derivative_may_be_named_after_its_first_use():
    text = "$$y = w x$$\n\n$$\\frac{\\partial L}{\\partial w} = e x$$ where $e = \\frac{\\partial L}{\\partial y}$."
    assert verdicts(text)[-1][1] in ("definition", "proved")


def test_the_chain_rule_is_read_for_matrices_and_vectors():
    text = (
        "Let $Y = X W$ with $X \\in \\mathbb{R}^{n \\times d}$ and $W \\in \\mathbb{R}^{d \\times k}$. "
        "Let $J$ be a number.\n\n"
        "$$\\frac{\\partial J}{\\partial W} = \\frac{\\partial J}{\\partial Y}\\frac{\\partial Y}{\\partial W}"
        " = X^T \\frac{\\partial J}{\\partial Y}$$\n\n"
        "$$\\frac{\\partial J}{\\partial Y}\\frac{\\partial Y}{\\partial X}"
        " = \\frac{\\partial J}{\\partial Y} W^T$$\n\n"
        "$$\\frac{\\partial J}{\\partial Y}\\frac{\\partial Y}{\\partial W} = 2 X^T \\frac{\\partial J}{\\partial Y}$$"
    )
    assert [name for _, name in verdicts(text)[1:]] == ["proved", "proved", "proved", "wrong if read so"]


def test_a_function_sigma_that_nothing_defines_may_be_the_logistic_one_and_no_other():
    found = steps_of(pieces_of("$$\\sigma'(x) = \\sigma(x) (1 - \\sigma(x))$$", "a.md")).steps
    assert (found[0].verdict.name, found[0].finding.assumed) == ("proved if", ("sigma is the logistic function",))
    assert verdicts("$$\\sigma'(x) = 1 - \\sigma(x)^2$$") == [(1, "wrong if read so")]
    assert verdicts("$$g'(x) = g(x) (1 - g(x))$$") == [(1, "wrong if read so")]
    text = "Let $\\sigma$ be any differentiable function.\n\n$$\\sigma'(x) = \\sigma(x) (1 - \\sigma(x))$$"
    assert not verdicts(text)[-1][1].startswith("proved")


def test_logarithms_and_quotients_of_unknown_functions_are_proved_where_they_are_defined():
    text = "$$\\frac{d}{dx} \\log g(x) = \\frac{g'(x)}{g(x)}$$\n\n$$\\frac{d}{dx} \\log g(x) = \\frac{1}{g(x)}$$"
    assert [name for _, name in verdicts(text)] == ["proved", "wrong if read so"]


def test_a_matrix_is_no_exponent_so_that_targets_may_be_named_T():
    text = (
        "Let $A \\in \\mathbb{R}^{N \\times H}$, $W \\in \\mathbb{R}^{H \\times K}$, "
        "$T \\in \\mathbb{R}^{N \\times K}$.\n\n"
        "$$Y = A W$$\n\n$$J = \\frac{1}{2} \\sum_n \\sum_k (Y_{nk} - T_{nk})^2$$\n\n"
        "$$\\frac{\\partial J}{\\partial W} = A^T (Y - T)$$\n\n"
        "$$\\frac{\\partial J}{\\partial A} = (Y - T) W^T$$"
    )
    assert [name for _, name in verdicts(text)[-2:]] == ["proved", "proved"]
    block = "---\nN, H, K: size\nA: matrix N H\nW: matrix H K\nT: matrix N K\n---\n\n"
    assert [name for _, name in verdicts(block + text.partition("\n\n")[2])[-2:]] == ["proved", "proved"]
    assert verdicts("---\nx, T: scalar\n---\n\n$$x^T x = x^{T + 1}$$") == [(5, "proved")]


def test_a_name_whose_definition_is_not_read_may_move_with_its_letters_in_other_sections_as_well():
    text = "# A\n\n$$z = \\iint x$$\n\n# B\n\n$$\\frac{d}{dx} (z x) = z$$"
    assert verdicts(text)[-1] == (7, "no definition")
    text = "# A\n\n$$z = \\iint y$$\n\n# B\n\n$$\\frac{d}{dx} (z x) = z$$"
    assert verdicts(text)[-1] == (7, "proved")


def test_a_chain_rule_for_an_untold_dependence_is_proved_only_if_there_is_no_other_path():
    text = "The loss is $L = (a - y)^2$ and $z = w x$.\n\n"
    claim = r"$$\frac{\partial L}{\partial w} = \frac{\partial L}{\partial z} x$$"
    [*_, step] = steps_of(pieces_of(text + claim, "a.md")).steps
    assert step.verdict.name == "proved if"
    assert step.finding.assumed == ("L depends on its variables only through the paths in this step",)


PRODUCT = "We set $\\pi_t = \\prod_{k=1}^t (1 + e_k^2)$ and have\n\n"


def test_sums_that_are_empty_at_the_usual_sizes_prove_nothing():
    claim = "$$\\sum_{t=p}^{q} e_t^2 \\pi_{t+1} \\leq \\sum_{t=p}^{q} e_t^2 c$$"
    assert verdicts(PRODUCT + claim)[-1][1] == "wrong if read so"


def test_sums_that_are_empty_at_the_usual_sizes_are_proved_at_others():
    claim = "$$\\sum_{t=p}^{q} e_t (1 + \\pi_{t+1}) = \\sum_{t=p}^{q} e_t + \\sum_{t=p}^{q} \\pi_{t+1} e_t$$"
    assert verdicts(PRODUCT + claim)[-1][1] == "proved"


def last_of(text):
    return verdicts(text)[-1][1]


def test_a_definition_for_some_indices_is_none_for_all():
    text = "For $i < j$ let $a_{ij} = x_i - x_j$, and for $i \\ge j$ let $a_{ij} = 0$.\n\n"
    assert last_of(text + "$$\\sum_{i=1}^n \\sum_{j=1}^n a_{ij} = 0$$") not in ("proved", "proved if")


def test_what_is_nearly_so_is_not_assumed():
    text = "Up to the scale, $Q$ is orthogonal.\n\n"
    assert last_of(text + "$$\\lVert Q x \\rVert = \\lVert x \\rVert$$") != "proved"


def test_nothing_is_assumed_against_an_equation_of_the_text():
    text = "Let $\\sum_k t_k = 2$, $s = \\mathrm{softmax}(z)$ and $E = -\\sum_k t_k \\log s_k$.\n\n"
    assert last_of(text + "$$\\frac{\\partial E}{\\partial z_k} = s_k - t_k$$") not in ("proved", "proved if")


def test_a_matrix_that_is_declared_anew_keeps_nothing():
    text = "Let $W$ be an orthogonal matrix.\n\n$$\\lVert W x \\rVert = \\lVert x \\rVert$$\n\n"
    text += "Now let $W$ be any matrix.\n\n"
    found = [name for _, name in verdicts(text + "$$\\lVert W x \\rVert^2 = \\lVert x \\rVert^2$$")]
    assert found[0] == "proved"
    assert found[1] != "proved"


def test_a_sum_over_a_pair_of_letters_runs_over_both():
    assert last_of("$$\\sum_{i \\neq j} x_i x_j = 2 \\sum_{i < j} x_i x_j$$") == "proved"
    assert last_of("$$\\sum_{j \\neq i} x_j = \\sum_j x_j - x_i$$") == "proved"
    assert last_of("$$\\sum_i \\sum_{j \\neq i} x_j = (n - 1) \\sum_{i=1}^n x_i$$") == "proved"
    assert last_of("$$\\sum_{i \\ne j} 1 = n^2 - n$$") not in ("wrong", "does not fit")


def test_a_power_whose_letter_is_a_number_is_not_called_wrong():
    assert last_of("Let $T$ be the horizon, and $T = 3$.\n\n$$A^T = A A A$$") == "wrong if read so"


def test_a_colon_between_formulas_is_not_read():
    found = verdicts("$$A : B = B : A = A^\\top : B^\\top$$")
    assert {name for _, name in found} <= {"not read", "definition"}


def test_a_small_letter_whose_norm_is_taken_is_a_vector():
    assert last_of("Let $W$ be an orthogonal matrix.\n\n$$\\lVert W x \\rVert = \\lVert x \\rVert$$") == "proved"


def test_values_in_an_example_tie_no_name_to_others():
    first = "$$u = p q$$\n\n$$C = 5 u$$\n\n## An example\n\nTake $p = 2$ and $q = 4$.\n\n"
    text = first + "## Its slope\n\nSo $u = 8$.\n\n$$\\frac{dC}{dp} = 5 q$$"
    assert verdicts(text)[-1] == (13, "proved")
    assert verdicts(text.replace(" and $q = 4$", ""))[-1] == (13, "undecided")  # p q = 8 ties q to p


def test_the_value_of_one_layer_is_no_value_of_another():
    text = "# A\n\n$$b^1 = 5$$\n\n# B\n\nSuppose that b is $b^{} = 3$.\n\n$$b^1 + 1 = 6$$"
    assert verdicts(text.format(2))[-1] == (9, "proved")
    assert verdicts(text.format(1))[-1] == (9, "undecided")


def test_derivatives_of_what_is_not_shown_to_move_are_not_compared():
    text = "$$E_n(w, v) = \\sum_k t_{nk} \\log y_{nk}$$\n\n"
    slopes = "$$\\frac{\\partial}{\\partial w} \\sum_n E_n = \\sum_n \\frac{\\partial E_n}{\\partial w}$$"
    assert verdicts(text + slopes.replace("= ", "= -"))[-1] == (3, "undecided")
    assert verdicts(text + slopes)[-1] == (3, "proved")  # for all E
    assert verdicts(text.replace("y_{nk}", "(w + y_{nk})") + slopes)[-1] == (3, "proved")
    assert verdicts("$$\\frac{d}{dx} 3^2 = 0$$") == [(1, "proved")]


def test_a_second_definition_in_a_sentence_counts_where_it_is_the_last():
    text = "$$s = p q$$\n\n$$C = s^3$$\n\nHere $s = p r$.\n\n"
    text += "$$\\frac{dC}{dp} = 3 s^2 r$$\n\n$$\\frac{dC}{dp} = 3 s^2 q$$"
    assert verdicts(text)[-2:] == [(7, "proved if"), (9, "no definition")]


def test_indicators_of_vectors_are_decided_entry_by_entry():
    text = r"$$\frac{\partial}{\partial u} \max(0, u) = \mathrm{diag}(1_{u > 0})$$"
    text += "\n\n$$1_{u < 0} = 1 - 1_{u \\geq 0}$$\n\n$$1_{u < 0} = 1 - 1_{u > 0}$$"
    found = steps_of(pieces_of(f"Let $u \\in \\mathbb{{R}}^n$.\n\n{text}", "a.md")).steps
    assert [step.verdict.name for step in found] == ["proved", "proved", "wrong"]


SCORE = "Let $E = -g \\log r - (1 - g) \\log (1 - r)$.\n\n"


def test_cases_in_one_sentence_hold_for_what_follows_them_up_to_the_next_one():
    text = "When $g = 1$, the score is $E = -\\log r$, and when $g = 0$ it is $E = -\\log (1 - r)$."
    assert [name for _, name in verdicts(SCORE + text)[1:]] == ["proved", "proved"]
    swapped = text.replace("(1 - r)", "q").replace("\\log r", "\\log (1 - r)").replace("\\log q", "\\log r")
    assert "proved" not in [name for _, name in verdicts(SCORE + swapped)]


def test_cases_behind_what_holds_for_them_prove_nothing_of_the_formula_between_them():
    text = "We have $E = -\\log (1 - r)$ when $g = 1$, and $E = -\\log r$ when $g = 0$."
    assert "proved" not in [name for _, name in verdicts(SCORE + text)]


@pytest.mark.parametrize("words", ["the score is", "it reduces to", "", "we have"])
def test_cases_reach_over_the_displays_behind_them(words):
    text = f"When $g = 1$, {words} $$E = -\\log r$$ and when $g = 0$, {words} $$E = -\\log (1 - r)$$"
    assert [name for _, name in verdicts(SCORE + text)[1:]] == ["proved", "proved"]
    swapped = text.replace("(1 - r)", "q").replace("\\log r", "\\log (1 - r)").replace("\\log q", "\\log r")
    assert "proved" not in [name for _, name in verdicts(SCORE + swapped)]


def test_cases_behind_displays_prove_nothing_of_the_display_between_them():
    text = "If $g = 1$, then $$E = -\\log r$$ and we have $$E = -\\log r$$ when $g = 0$."
    assert [name for _, name in verdicts(SCORE + text)[1:]][:1] != ["proved"]


def test_a_case_ends_with_its_sentence_where_the_next_one_begins():
    text = "If $g = 1$, then $E = -\\log r$. If $g = 0$, then $E = -\\log (1 - r)$."
    assert [name for _, name in verdicts(SCORE + text)[1:]] == ["proved", "proved"]


def test_a_loss_of_which_nothing_shows_the_shape_is_a_number():
    [_, step] = steps_of(pieces_of(SCORE + "$$E = -\\log r$$", "a.md")).steps
    assert {"g", "r"} == step.finding.counterexample.values.keys()
    assert all("," not in value for value in step.finding.counterexample.values.values())


def test_a_section_with_columns_is_read_beside_sections_with_rows():
    text = r"""# A

$$q = x V + b$$

$$r = s V + b$$

$$C = \sum_i r_i q_i$$

# B

$$g(a, h) = \exp(a^T h)$$

$$\frac{\partial}{\partial h} \left(g(a_o, h) + \sum_{k=1}^K g(-a_k, h)\right)
= g(a_o, h) \cdot a_o^T - \sum_{k=1}^K g(-a_k, h) \cdot a_k^T$$

$$\frac{\partial g(a, h)}{\partial h} = g(a, h) \cdot a^T$$

$$\frac{\partial g(a_o, h)}{\partial h} = g(a_o, h) \cdot a_o^T$$
"""
    found = {step.line: step.verdict.name for step in steps_of(pieces_of(text, "a.md")).steps}
    assert [found[line] for line in (14, 16, 18)] == ["proved"] * 3


def test_a_name_whose_definition_is_not_read_may_stand_beside_a_derivative_but_not_in_it():
    text = (
        "# A\n\n$$r = w + \\ldots$$\n\n# B\n\n$$r \\frac{d}{d w} (3 w) = 3 r$$\n\n# C\n\n$$\\frac{d}{d w} (w + r) = 1$$"
    )
    verdicts = [step.verdict.name for step in steps_of(pieces_of(text, "a.md")).steps]
    assert verdicts == ["not read", "proved", "no definition"]


def test_a_letter_that_the_document_defines_is_no_constant_in_a_formula_alone():
    slope = "\n\n$$\\frac{\\partial}{\\partial y} "
    text = f"We write $e = y - t$ for an error.{slope} e^2 = 2 e$${slope} e^y = e^y \\quad \\text{{for }} e > 0$$"
    assert [step.verdict.holds for step in steps_of(pieces_of(text, "a.md")).steps] == [False, True, False]


def test_a_derivative_under_a_condition_of_a_sentence_is_a_claim_if_it_is_proved():
    text = "Let $v = a + u$ and $J = 3 v$. If we know that $\\frac{dv}{da} = 1$, then it follows.\n\n"
    assert verdicts(text)[-1][1] == "proved"
    assert verdicts(text.replace("= 1$", "= 2$"))[-1][1] == "hypothesis"


def test_an_assumed_derivative_is_no_claim_and_proves_nothing():
    text = "If $\\frac{dJ}{dw} = 0$, the step is $s = \\frac{dJ}{dw}$.\n\n$$\\frac{dJ}{dw} = 0$$"
    assert "proved" not in [name for _, name in verdicts(text)]


def test_an_identity_between_equivalences_is_a_claim_and_their_equations_are_none():
    text = "$$x = 2 y \\Leftrightarrow y = \\frac{x}{2} = \\frac{2x}{4}$$"
    assert [name for _, name in verdicts(text)].count("proved") == 3
    assert "wrong" not in [name for _, name in verdicts(text)]


def test_derivatives_of_functions_that_are_defined_on_a_part_of_the_line_are_proved():
    assert last_of("$$f(x) = \\log x$$\n\n$$f'(x) = 1/x$$") == "proved"
    assert last_of("$$F(t) = t + (\\ln t)^2$$\n\n$$F'(t) = 1 + \\frac{2 \\ln t}{t}$$") == "proved"
    assert last_of("$$g(x) = \\sqrt{x - 1}$$\n\n$$g'(x) = \\frac{1}{2 \\sqrt{x - 1}}$$") == "proved"
    assert last_of("$$f(x) = \\log x$$\n\n$$f'(x) = 2/x$$") == "wrong"


def test_a_function_of_examples_is_no_value():
    text = "$$\\ell(\\theta) = \\sum_{i=1}^m y^{(i)} \\log h(x^{(i)}) + (1 - y^{(i)}) \\log(1 - h(x^{(i)}))$$\n\n"
    text += "with $h(x) = g(\\theta^T x)$ and $g(z) = 1/(1 + e^{-z})$.\n\n"
    claim = "$$\\frac{\\partial \\ell}{\\partial \\theta_j} = \\sum_{i=1}^m (y^{(i)} - h(x^{(i)})) x_j^{(i)}$$"
    assert last_of(text + claim) == "proved"
    assert last_of(text + claim.replace("- h", "+ h")) == "wrong if read so"


def test_values_at_a_letter_that_is_summed_over_are_entries():
    text = "Let $H(p) = -\\sum_x p(x) \\log p(x)$, $H(p, q) = -\\sum_x p(x) \\log q(x)$ and\n"
    text += "$D(p \\| q) = \\sum_x p(x) \\log \\frac{p(x)}{q(x)}$.\n\n"
    assert last_of(text + "$$H(p, q) = H(p) + D(p \\| q)$$") in ("proved", "verified")
    assert last_of(text + "$$H(p, q) = H(q) + D(p \\| q)$$") == "wrong if read so"


def test_a_power_of_zero_is_an_exception():
    claim = "$$p^y (1-p)^{1-y} = \\exp(y \\log p + (1-y) \\log (1-p))$$"
    [step] = steps_of(pieces_of(claim, "a.md")).steps
    assert (step.verdict.name, {*step.finding.exceptions}) == ("proved", {"p", "p - 1"})
    assert last_of(claim.replace("y \\log p", "2 y \\log p")) == "wrong if read so"


def test_a_derivative_of_a_loss_that_nothing_defines_may_say_what_it_is():
    claim = "$$\\frac{\\partial L}{\\partial w} = \\frac{\\partial}{\\partial w} (y - w x)^2 = -2 x (y - w x)$$"
    first, second = steps_of(pieces_of(claim, "a.md")).steps
    assert (first.verdict.name, second.verdict.name) == ("proved if", "proved")
    assert first.finding.assumed == ("L = (y - w * x)^2",)
    first, _ = steps_of(pieces_of("Let $L = y - w x$.\n\n" + claim, "a.md")).steps[-2:]
    assert first.verdict.name == "wrong if read so"


def test_a_functional_equation_ties_no_letters():
    text = "A linear function satisfies $g(x + y) = g(x) + g(y)$.\n\n"
    assert last_of(text + "$$\\frac{\\partial}{\\partial x} x^2 y = 2 x y$$") == "proved"


def test_let_defines_a_name_anew_for_the_claims_behind_it():
    text = "Let $y = h(t)$.\n\nLet $y = \\ln(1 + u)$ and $u = x^2$. Then\n\n"
    text += r"$$\frac{dy}{dx} = \frac{dy}{du} \frac{du}{dx} = \frac{1}{1 + u} 2 x = \frac{2 x}{1 + x^2}$$"
    found = [name for _, name in verdicts(text)]
    assert found == ["definition", "definition", "definition", "proved", "proved", "proved"]
    wrong = [name for _, name in verdicts(text.replace("2 x", "x"))]
    assert not {"proved", "proved if"} & {*wrong[4:5]}


def test_what_a_let_repeats_in_another_form_is_a_definition_of_its_own():
    text = r"Let $y = (x + 1)^2$. Now let $y = x^2 + 2 x + 1$." + "\n\n" + r"$$\frac{dy}{dx} = 2 x + 2$$"
    assert [name for _, name in verdicts(text)] == ["definition", "definition", "proved"]


def test_a_derivative_before_several_factors_is_wrong_if_it_is_so_in_both_readings():
    assert verdicts(r"$$\frac{d}{dx} x^2 \sin x = 2x \cos x$$") == [(1, "wrong")]
    assert verdicts(r"$$\frac{d}{dx} x^2 \sin x = 2x \sin x$$") == [(1, "wrong if read so")]
    assert verdicts(r"$$\frac{d}{dx} x^2 \sin x = 2x \sin x + x^2 \cos x$$") == [(1, "proved")]
    unfit = "Let $A$ be a matrix.\n\n$$g(x) = x + A^T A A$$\n\n"  # a definition that does not fit shows nothing
    assert verdicts(unfit + r"$$\frac{d}{dx} x^2 e^x = 2x e^x$$")[-1] == (5, "wrong if read so")


def test_what_only_holds_for_transposed_derivatives_is_proved_if_they_are():
    """The first formula shows that gradients are transposes here; the second would fit either way."""
    fits = r"Let $g = c^\top x$ with $c, x \in \R^n$." + "\n\n" + r"$$\frac{\partial g}{\partial x} = c^\top$$"
    square = r"Let $f = \operatorname{tr}(A X)$ with $A, X \in \R^{k \times k}$." + "\n\n"
    text = f"{fits}\n\n{square}" + r"$$\frac{\partial f}{\partial X} = A$$"
    found = steps_of(pieces_of(text, "a.md")).steps[-1]
    assert (found.verdict.name, found.finding.assumed) == ("proved if", (LAYOUT_GUESSED,))
    text = f"{fits}\n\n{square}" + r"$$\frac{\partial f}{\partial X} = A + X$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "wrong if read so"


def test_jacobians_may_be_transposes_where_gradients_are_none():
    text = (
        r"Let $z \in \R^m$ be $z = W x$ with $x \in \R^n$, and $f = \operatorname{tr}(A X)$"
        r" with $A, X \in \R^{k \times k}$."
        "\n\n$$\\frac{\\partial z}{\\partial x} = W^\\top$$\n\n$$\\frac{\\partial f}{\\partial X} = A^\\top$$"
    )
    assert [name for _, name in verdicts(text)] == ["definition", "definition", "proved", "proved"]


def test_the_arguments_of_a_chain_are_known_in_all_its_steps():
    text = "Let $f(x, y) = x y$ and $\\gamma(t) = (t^2, t^3)$. We get\n\n"
    text += "$$\\frac{d}{dt} f(\\gamma(t)) = t^3 \\cdot 2t + t^2 \\cdot 3t^2 = 5t^5$$"
    assert verdicts(text)[-1][1] == "wrong"


def test_an_argument_that_a_side_lacks_is_not_defined_there():
    text = "Let $f(x, y, z) = x e^y + y e^z$. Then\n\n$$\\frac{\\partial f}{\\partial y} = x e^y$$"
    assert verdicts(text)[-1][1] == "wrong"


SECTION = (
    "# Sizes\n\nLet $X \\in \\mathbb{R}^{N \\times D}$ and $Y = 2 X$.\n\n$$X^T Y = 2 X^T X$$\n\n"
    "$$X + Y = 3 X$$\n\n$$Y - X = X$$\n\n# Lemma\n\nLet $B = c(D) D$ where $c(D) \\in \\mathbb{R}$ and "
    "$D \\in \\mathbb{R}^n$. Then\n\n"
)
RULE = "$$\\frac{\\partial B_k}{\\partial D_i} = \\frac{\\partial c}{\\partial D_i} D_k + \\mathbf{1}[i = k] c(D)$$"


def test_a_section_that_says_what_its_letters_are_is_read_afresh(monkeypatch):
    monkeypatch.setattr(document_steps, "NEAR", ())
    assert verdicts(SECTION + RULE)[-1][1] == "proved"
    assert not steps_of(pieces_of(SECTION + RULE.replace("D_k", "D_i"), "a.md")).steps[-1].verdict.holds


def test_the_text_around_a_claim_is_read_afresh(monkeypatch):
    text = "$$y = 3 u$$\n\n$$y = u + 1$$\n\n"
    text += "".join(f"$$(c + {k})^2 = c^2 + {2 * k} c + {k * k}$$\n\n" for k in range(1, 5))
    text += "$$y = w x$$\n\n$$L = y^2$$\n\n$$\\frac{dL}{dw} = 2 y x$$"
    assert verdicts(text)[-1][1] == "proved"
    assert not steps_of(pieces_of(text.replace("2 y x", "2 y"), "a.md")).steps[-1].verdict.holds
    monkeypatch.setattr(document_steps, "NEAR", ())
    assert verdicts(text)[-1][1] == "proved if"


def test_a_sum_without_a_range_is_wrong_if_the_sum_over_the_examples_is_too():
    block = "x: column n\nx^i: column n\n\\beta: column n\np(x) := \\frac{1}{1 + e^{-\\beta^T x}}"
    text = "$$J = -\\frac{1}{m} \\Sigma_{i=1}^m \\log(1 - p(x^i))$$\n\n"
    slope = "$$\\frac{\\partial J}{\\partial \\beta_j} = \\frac{1}{m} \\Sigma \\frac{x_j}{1 + e^{%s\\beta^T x}}$$"
    right, wrong = (check_derivation(text + slope % sign, block, repairs=False).claims[-1] for sign in ("-", ""))
    assert right.verdict == "proved if"
    assert "x without a number is that of the same example" in right.message
    assert wrong.verdict == "wrong"
