"""Relations in the order of a document, and the names that they could define."""

import pytest

from chainrule.documents.checked import check_derivation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.structure.statements import statements_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.pieces import Piece
from chainrule.documents.verdicts.document_steps import steps_of


def statements(*displays):
    pieces = [Piece("display", text, ((0, number + 1, 1),)) for number, text in enumerate(displays)]
    chains = [(piece, chain) for piece in pieces for chain in chains_of(piece.text)]
    return list(statements_of(chains)), Inventory.of(chain for _, chain in chains)


def test_each_relation_has_the_sides_next_to_it_and_the_head_of_its_chain():
    found, _ = statements("a = b = c", "d < e")
    assert [(s.relation, s.number, s.head is None) for s in found] == [("=", 0, True), ("=", 1, False), ("<", 0, True)]
    assert found[0].right == found[1].left
    assert found[1].head == found[0].left


def test_a_display_that_begins_with_a_relation_goes_on_with_the_one_before():
    found, _ = statements("a = b", "= c")
    assert found[1].left == found[0].right
    assert found[1].number == 1


def test_what_stands_over_a_sign_is_a_condition_of_that_step_alone():
    found, _ = statements(r"a \stackrel{k \neq l}{=} b = c")
    assert [len(s.conditions) for s in found] == [1, 0]


def test_a_definition_may_have_its_name_on_the_right():
    steps = check_derivation("$$x^2 + 1 =: q$$\n\n$$f(s) = 2 s \\triangleq g(s)$$\n\n$$g(q) = 2 x^2 + 2$$").steps
    assert [step.verdict for step in steps] == ["definition", "definition", "definition", "proved"]


def test_a_name_between_a_name_and_what_it_is_made_of_is_defined():
    text = "$$y = a = \\frac{1}{1 + e^{-z}}$$\n\n$$\\frac{dy}{dz} = a (1 - a)$$\n\n$$x + 0 = b = 3$$"
    verdicts = [step.verdict for step in check_derivation(text, repairs=False).steps]
    assert verdicts[:3] == ["definition", "definition", "proved"]
    assert "definition" not in verdicts[3:]


def test_the_update_of_a_name_does_not_say_what_it_depends_on():
    text = "Then $w := w - r \\frac{\\partial L}{\\partial w}$.\n\n$$\\frac{\\partial}{\\partial x} w x = w$$"
    assert check_derivation(text).steps[-1].verdict == "proved"


def test_a_name_is_no_function_of_a_bracket_with_itself():
    text = "The function $a$ is used below.\n\n$$a = 1 / (1 + e^{-z})$$\n\n$$\\frac{da}{dz} = a(1 - a)$$"
    assert [step.verdict for step in check_derivation(text).steps] == ["definition", "proved"]


def test_a_relation_that_is_written_at_both_ends_of_a_line_stands_where_it_stands_first():
    found, _ = statements("a = b =\n\\\\ = c \\ge \\\\ \\ge d")
    assert [s.relation for s in found] == ["=", "=", ">="]
    assert [s.place[0] for s in found] == [2, 6, 15]


def test_a_sign_between_relations_begins_a_new_chain():
    text = "$$a + a = 2 a \\Rightarrow b + b = 2 b$$\n\n$$a = a \\Rightarrow 2 b = b + b = 2 b$$"
    found = [step for step in steps_of(pieces_of(text, "a.md")).steps if step.claim is not None]
    assert [step.text for step in found] == ["a + a = 2 a", "b + b = 2 b", "a = a", "2 b = b + b", "b + b = 2 b"]
    assert [step.claim.follows for step in found] == [None, None, None, None, 3]


NEURONS = """---
g := p(a f_\\star + c)
h := q(b g)
F: loss of h
g_\\star := g
g'_\\star := p'(a f_\\star + c)
h'_\\star := q'(b g)
---

"""


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial F}{\partial a} = f_\star \frac{g'_\star}{g_\star} b \frac{\partial F}{\partial b}", True),
        (r"\frac{\partial F}{\partial a} = f_\star \frac{g'_\star}{g_\star} \frac{\partial F}{\partial b}", False),
        (r"\frac{\partial h}{\partial g} = b h'_\star", True),
        (r"\frac{\partial h}{\partial g} = b g'_\star", False),
        (r"\frac{\partial h}{\partial b} = g_\star h'_\star", True),
        (r"\frac{\partial h}{\partial b} = g'_\star h'_\star", False),
    ],
)
def test_a_name_with_a_prime_means_what_a_block_says(claim, holds):
    verdict = check_derivation(f"{NEURONS}$${claim}$$", repairs=False).steps[-1].verdict
    assert verdict == ("proved" if holds else "wrong if read so")


def test_a_matrix_with_a_prime_may_be_made_of_the_one_without():
    block = "---\nW: matrix m n\nG: matrix m n\nW' := W - G\n---\n"
    steps = check_derivation(f"{block}$$W - W' = G$$\n\n$$W'^T = W^T - G^T$$\n\n$$W' = W + G$$", repairs=False).steps
    assert [step.verdict for step in steps[1:]] == ["proved", "proved", "wrong"]


def test_the_derivative_of_a_function_is_no_name_that_could_be_defined():
    steps = check_derivation("Let $f(x) = x^2$.\n\n$$f' := 3 x$$\n\n$$f'(x) = 2 x$$", repairs=False).steps
    assert steps[-1].verdict == "proved"


def test_a_product_with_a_transpose_gets_no_new_value():
    text = r"Let $s(u) = 1/(1 + e^{-u})$. Also $w^\top x = \ln\frac{s(w^\top x)}{1 - s(w^\top x)}$ and $w = w - s(w)$."
    *_, claim, update = check_derivation(text, "a.md", repairs=False).steps
    assert (claim.verdict, update.verdict) == ("proved", "hypothesis")
