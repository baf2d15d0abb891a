"""Losses without a definition, and losses that lead nowhere."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.interpretation.unknown_losses import with_unknown_losses


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).claims]


def test_a_loss_that_does_not_lead_to_a_variable_is_unknown_there():
    text = "J := norm(a__L); a__L := f; claim: grad(J, a__L) = x; claim: grad(J, z__l) = x"
    found, losses = with_unknown_losses(derivation_of(text))
    assert losses == {1: "J"}
    assert [text_of(claim.left) for claim in found.claims] == ["grad(J, a__L)", "grad(J__any, z__l)"]


def test_what_a_name_means_is_put_in_its_place_where_the_loss_writes_it_out():
    text = "s := W @ x; h := phi(W @ x); J := norm(h)^2; claim: grad(J, s) = d"
    found, losses = with_unknown_losses(derivation_of(text.replace("W @ x", "beside(W, x)")))
    assert losses == {0: "J"}
    assert {each.name: text_of(each.body) for each in found.definitions}["h"] == "phi(s)"
    assert text_of(found.claims[0].left) == "grad(J, s)"


def test_it_stays_where_the_loss_may_have_it_in_another_form_too():
    text = r"""$$E = \frac{1}{2} \|W x - y\|^2 + LATER$$

Let $z = W x$.

$$\frac{\partial E}{\partial z} = z - y$$"""
    assert verdicts(text.replace("+ LATER", "")) == ["proved if"]
    assert verdicts(text.replace("LATER", "x^T W^T c")) == ["wrong if read so"]
    assert verdicts(text.replace("LATER", "c^T W x")) == ["wrong if read so"]
    assert verdicts(text.replace("LATER", "c^T W x").replace("z - y", "z - y + c")) == ["proved if"]


RESIDUAL = r"Let $z = W x$ and $y = z + x$. We write $J$ for the loss."
FILLER = "".join(f"\n\n## Part {k}\n\n$$u_{k} = v_{k}^2$$\n\n$$u_{k} + 1 = v_{k}^2 + 1$$" for k in range(1, 7))


@pytest.mark.parametrize("filler", ["", FILLER], ids=["near", "far"])
def test_a_path_around_what_a_loss_is_differentiated_by_counts(filler):
    wrong = r"$$\frac{\partial J}{\partial x} = W^T \frac{\partial J}{\partial z}$$"
    right = r"$$\frac{\partial J}{\partial x} = W^T \frac{\partial J}{\partial y} + \frac{\partial J}{\partial y}$$"
    found = verdicts(f"{RESIDUAL}{filler}\n\n# Gradients\n\n{wrong}\n\n{right}")
    assert found[-2:] == ["wrong if read so", "proved"]


def test_a_path_around_counts_where_only_another_section_has_it():
    claim = r"$$\frac{\partial J}{\partial x} = W^T \frac{\partial J}{\partial z}$$"
    text = f"# Output\n\nThe loss is $J$.\n\n$$y = z + x$$\n{FILLER}\n\n# Gradients\n\n$$z = W x$$\n\n{claim}"
    assert verdicts(text)[-1] == "wrong if read so"
    assert verdicts(text.replace("z + x", "2 z"))[-1] == "proved"


def test_a_loss_may_not_depend_on_what_the_last_variable_does_not_reach():
    claim = r"$$\frac{\partial J}{\partial x} = W^T \frac{\partial J}{\partial z}$$"
    report = check_derivation(f"Let $z = W x$ and $u = x^T x$. We write $J$ for the loss.\n\n{claim}", repairs=False)
    [step] = report.claims
    assert step.verdict == "proved if"
    assert "only through z" in step.message


def test_the_same_letter_of_another_part_is_no_path_around():
    claim = r"$$\frac{\partial J}{\partial W} = \frac{\partial J}{\partial z} x^T$$"
    text = f"The loss is $J$.\n\n# One\n\n$$z = W x$$\n\n{claim}\n\n# Another\n\n$$z = 2 W x$$\n\n$$z = W x + W x$$"
    assert verdicts(text)[0] == "proved"


def test_without_such_a_path_the_chain_rule_is_proved():
    text = r"Let $z = W x$. We write $J$ for the loss."
    assert verdicts(text + "\n\n" + r"$$\frac{\partial J}{\partial x} = W^T \frac{\partial J}{\partial z}$$") == [
        "proved"
    ]


LAYERS = r"""We write $z^{(l)} = W^{(l)} a^{(l-1)}$ and $a^{(l)} = \sigma(z^{(l)})$ for $l = 1, \dots, L$.
The loss is $J$. Let $\delta^{(l)} = \frac{\partial J}{\partial z^{(l)}}$. WORDS

$$\delta^{(L)} = \frac{\partial J}{\partial a^{(L)}} \odot \sigma'(z^{(L)})$$

$$\frac{\partial J}{\partial W^{(l)}} = \delta^{(l)} (a^{(l-1)})^T$$"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["proved", "proved"]),
        ("The output layer has no activation.", ["proved if", "proved"]),
        ("We add weight decay to the loss.", ["proved if", "proved if"]),
        (r"The output layer is linear: $a^{(L)} = z^{(L)}$.", ["wrong if read so", "proved"]),
    ],
)
def test_words_about_the_last_layer_and_about_penalties_count(words, found):
    assert verdicts(LAYERS.replace("WORDS", words)) == found


def test_layers_do_not_get_lost_where_a_display_is_read_alone():
    slope = r"$$\frac{\partial x_l}{\partial x_{l-2}} = "
    assert verdicts(f"$$x_l = 3 x_{{l-1}} + y_l$$\n\n$$y_l = 2 u$$\n\n{slope}9$$\n\n{slope}0$$")[-2:] == [
        "proved",
        "wrong if read so",
    ]


def test_another_name_for_the_entries_is_no_way_around(definitions):
    text = "---\nx: column n\ny_i := x_i\n---\n\n$$z = 2 x$$\n\n"
    text += r"$$\frac{\partial J}{\partial x} = 2 \frac{\partial J}{\partial z}$$"
    found = check_derivation(text, repairs=False).claims
    assert [step.verdict for step in found] == ["proved"]
    assert not found[0].assumed


LAYER = r"""Let $J$ be the loss, $R = X - 2 b$ and

$$Y = \gamma R$$

$$Z = R + 3 X$$

$$\frac{\partial J}{\partial X} = %s \frac{\partial J}{\partial R}$$

$$\frac{\partial J}{\partial R} = \gamma \frac{\partial J}{\partial Y}$$
"""
KINDS = "X, b: column n\n\\gamma: number\n"


@pytest.mark.parametrize(
    ("block", "factor", "verdicts"),
    [
        (KINDS, "", ["proved if", "proved if"]),
        (KINDS + "J: loss of Y", "", ["proved", "proved"]),
        (KINDS + "J: function of Y", "2", ["wrong", "proved"]),
        (KINDS + "J: loss of Y, Z", "", ["wrong", "wrong"]),
    ],
)
def test_a_block_says_on_what_a_loss_depends(block, factor, verdicts):
    found = check_derivation(LAYER % factor, block, repairs=False).claims
    assert [step.verdict for step in found] == verdicts


def test_a_loss_of_nothing_is_a_problem():
    assert "expected" in check_derivation("$x$", "J: loss of").problems[0][1]


@pytest.mark.parametrize(
    ("made", "claim", "holds"),
    [
        ("", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} \odot h \odot (1 - h)", True),
        ("", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} \odot h", False),
        ("", r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}", True),
        ("+ x", r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}", False),
        ("+ W x", r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}", False),
    ],
)
def test_an_unknown_loss_of_what_is_made_of_a_name_that_is_written_out(made, claim, holds):
    text = (
        "Let $x, b \\in \\mathbb{R}^n$ and $W \\in \\mathbb{R}^{n \\times n}$. "
        "With $\\sigma$ the logistic function,\n\n"
        f"$$h = \\sigma(W x + b) {made}$$\n\nwith the inputs $z = W x + b$ and a loss $L$. Then\n\n"
        "$$\\frac{\\partial L}{\\partial z} + \\frac{\\partial L}{\\partial h} - \\frac{\\partial L}{\\partial h}"
        " = \\frac{\\partial L}{\\partial z}$$"
    )
    assert (verdicts(f"{text}\n\n$${claim}$$")[-1] == "proved if") == holds


def test_a_column_without_a_definition_may_be_the_softmax_of_another():
    text = "The rows of $P = \\mathrm{softmax}(S)$ are alike. Let $p$ and $s$ be one of each. $$%s$$"
    for true, false in (
        (r"\frac{\partial p_i}{\partial s_j} = p_i (\delta_{ij} - p_j)", " + p_j"),
        (r"\frac{\partial p_i}{\partial s_j} = p_j (\delta_{ij} - p_i)", " - p_j"),
    ):
        [*_, step] = check_derivation(text % true, "a.md", repairs=False).steps
        assert (step.verdict, step.assumed) == ("proved if", ("p is the softmax of s",))
        assert check_derivation(text % (true + false), "a.md", repairs=False).steps[-1].verdict == "wrong if read so"
        other = text.replace("softmax", "sigmoid")
        assert check_derivation(other % true, "a.md", repairs=False).steps[-1].verdict == "wrong if read so"


def test_a_function_that_is_told_nowhere_is_the_same_with_and_without_brackets():
    text = """# A\n\n$$f(x) = a^T x$$\n\n# B\n\n$$f(x) = x^T x$$\n\n# C

For a function $f: \\mathbb{R}^n \\to \\mathbb{R}^m$, the Jacobian is

$$J = \\frac{\\partial f}{\\partial x}$$\n\nWhen $z = g(f(x))$:

$$\\frac{\\partial z}{\\partial x} = \\frac{\\partial z}{\\partial y} \\frac{\\partial y}{\\partial x} MORE$$

where $y = f(x)$."""
    [right] = check_derivation(text.replace("MORE", "")).claims
    assert right.verdict == "proved if"
    [wrong] = check_derivation(text.replace("MORE", "+ 1")).claims
    assert wrong.verdict.startswith("wrong")
