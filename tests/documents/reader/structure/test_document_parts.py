"""The parts of a document, and which definition counts in them."""

from chainrule.documents import check_derivation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.structure.document_parts import Scopes
from chainrule.documents.reader.structure.statements import statements_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.opening import pieces_of


def parts(text):
    """By part: the names that count there for letters that another part defines as well."""
    pieces = pieces_of(text, "notes.md").pieces
    every = [(piece, chain) for piece in pieces if piece.kind == "display" for chain in chains_of(piece.text)]
    inventory = Inventory.of(chain for _, chain in every)
    return Scopes.of(pieces, list(statements_of(every)), inventory).names


def test_a_part_that_defines_a_letter_otherwise_has_a_name_of_its_own():
    found = parts("# A\n$$y = x^2$$\n# B\n$$y = x^3$$\n# C\n$$w = y$$")
    assert found == {0: {}, 1: {}, 2: {"y": "y__part_2"}, 3: {"y": "y__part_2"}}


def test_the_same_definition_again_is_the_same_letter():
    assert parts("# A\n$$y = x^2$$\n# B\n$$y = x^2$$")[2] == {}


def test_a_part_within_another_goes_on_with_its_names():
    found = parts("# A\n$$y = x^2$$\n## A1\n$$y = 2 x$$\n# B\n$$y = x^3$$\n## B1\n$$w = y$$")
    assert (found[2], found[4]) == ({}, {"y": "y__part_3"})


def test_a_function_that_several_parts_define_differently_is_unknown_elsewhere():
    assert parts("# A\n$$f(s) = s$$\n# B\n$$f(s) = s^2$$\n# C\n$$a = f(z)$$")[3] == {"f": "f__any"}


def test_behind_an_example_the_part_around_it_goes_on():
    text = r"\section{A}$$y = x^2$$\begin{example}$$y = 2 x$$\end{example}$$w = y$$"
    pieces = pieces_of(text, "notes.tex").pieces
    every = [(piece, chain) for piece in pieces if piece.kind == "display" for chain in chains_of(piece.text)]
    found = Scopes.of(pieces, list(statements_of(every)), Inventory.of(chain for _, chain in every))
    assert [found.parts[id(piece)] for piece, _ in every] == [1, 2, 1]
    assert found.names[2] == {"y": "y__part_2"}


def test_a_letter_by_which_an_earlier_part_differentiates_is_not_defined_by_a_later_one():
    text = r"# A" + "\n" + r"$$\frac{d r}{d w} = 2 w$$" + "\n# B\n$$w = u + v$$\n## B1\n$$s = w$$"
    assert parts(text) == {0: {}, 1: {}, 2: {"w": "w__part_2"}, 3: {"w": "w__part_2"}}


def test_a_letter_by_which_the_part_around_differentiates_is_the_one_that_a_part_within_it_defines():
    text = r"# A" + "\n" + r"$$\frac{d r}{d w} = 2 w$$" + "\n## A1\n$$w = u + v$$"
    assert parts(text)[2] == {}


def test_a_condition_in_a_later_part_defines_no_name_anew():
    text = (
        "# One\n\n$$p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}}$$\n\n# Two\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
        "$$\\frac{\\partial L}{\\partial z_j} = -\\sum_k y_k (\\delta_{kj} - p_j)$$\n\n"
        "The gradient is zero if $p_k = 1 - a$."
    )
    steps = check_derivation(text, name="a.md", repairs=False).steps
    assert [step.verdict for step in steps if step.displayed] == ["definition", "definition", "proved"]
