import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import kind_of, statements, text_of
from chainrule.documents.reader.declaring.declarations import Block, declarations_of, kind_in
from chainrule.documents.reader.reading import read
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.pieces import Piece


def block_of(text):
    block = Block()
    block.read(Piece("declarations", text, ((0, 1, 1),)), 0)
    return block


def names_in(lines, body="$$1 = 1$$"):
    found = read(pieces_of(f"---\n{lines}\n---\n\n{body}\n", "a.md"))
    assert not found.problems
    return [each for each in statements(found.derivation) if not each.startswith("claim")]


@pytest.mark.parametrize(
    ("words", "kind", "facts"),
    [
        ("scalar", "number", []),
        ("vector n", "column n", []),
        ("row 3", "row 3", []),
        ("matrix 2n K, positive", "matrix (2 * n) K", ["positive"]),
        ("array c h w", "array c h w", []),
        ("index n", "1..n", []),
        ("vector n, in (0, 1), sum 1", "column n", ["sum-one", "unit"]),
        ("function(column n) -> number", "function(column n) -> number", []),
        ("scalar, ±1", "number", ["sign"]),
    ],
)
def test_words_state_a_kind_and_facts(words, kind, facts):
    found, told = kind_in(words)
    assert (kind_of(found), sorted(told)) == (kind, facts)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x: tensr 3", "expected a kind (number, column n,"),
        ("x: vector n m", "expected a kind"),
        ("x: vector n, positiv", "expected a fact (positive,"),
        ("x: vector n, by-columns", "expected a matrix with the fact by-columns, got 'vector n'"),
        ("u: number, by-columns", "expected a matrix with the fact by-columns"),
        ("just words", "expected name: kind, name := formula or layout: rows, got 'just words'"),
        ("f(x) :=", "expected name := formula"),
        (": vector n", "expected name: kind"),
    ],
)
def test_a_line_that_is_not_understood_is_told_with_what_was_expected(line, expected):
    block = block_of(f"y: scalar\n{line}\nz: scalar")
    assert len(block.declared) == 2
    ((number, message),) = block.errors
    assert number == 2
    assert expected in message


def test_lines_of_pages_and_comments_declare_nothing():
    block = block_of("title: On vectors\nlayout: post\n# a comment\nx: vector n  # the input\nlayout: columns")
    assert [each.line for each in block.declared] == [4]
    assert not block.errors
    assert block.layout == "columns"


def test_names_of_words_accents_and_scripts_are_declared():
    lines = "W_1, \\hat W: matrix m n\neta, mu: scalar\nn: size\nx: vector n"
    body = "$$W_1 x + \\hat{W} x = (W_1 + \\hat{W}) x, \\quad eta mu x_1 = mu eta x_1$$"
    assert sorted(names_in(lines, body)) == [
        *("W_1 : matrix m n", "W_hat : matrix m n", "eta : number", "mu : number"),
        *("size m", "size n", "x : column n"),
    ]


def test_a_function_that_is_declared_is_called_and_a_value_is_multiplied():
    found = read(pieces_of("---\nf: function\nk, x: scalar\n---\n$$f(2x) = k(x + 1)$$", "a.md"))
    assert list(statements(found.derivation))[-1].endswith("f(2 * x) = k * (x + 1)")


def test_a_definition_in_a_block_counts():
    assert "f(x : number) := x^2" in names_in("f(x) := x^2\ny: scalar", "$$f(y) = y^2$$")


def test_an_entry_of_a_declared_vector_is_no_name_of_its_own():
    assert names_in("x: vector n", "$$x_1 = x_2$$") == ["size n", "x : column n"]
    assert names_in("x_1, x_2: scalar", "$$x_1 = 2 x_2 - x_2$$") == ["x_2 : number", "x_1 := 2 * x_2 - x_2"]


def test_members_that_are_vectors_make_a_matrix():
    body = r"$$\sum_{i=1}^m w^\top x_i = w^\top \sum_{i=1}^m x_i$$"
    assert "x : matrix d m" in names_in("w: vector d\nx_i: vector d", body)


def test_the_layout_decides_what_a_derivative_is():
    lines = "W: matrix m n\nx: vector n\nlayout: "
    body = "Let $z = W x$.\n\n$$\\frac{\\partial z}{\\partial x} = W$$"
    for layout, fits in (("rows", True), ("columns", False)):
        found = read(pieces_of(f"---\n{lines}{layout}\n---\n{body}", "a.md"))
        assert (not found.shapes.faults) is fits


SOFTMAX = r"Let $s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}$." + "\n\n"


def meaning(text):
    """The claims and definitions of a document, without lines, its kinds, and the names that were guessed."""
    found = read(pieces_of(text, "notes.md"))
    assert not found.problems
    lines = [
        line.partition(": ")[2] if line.startswith(("claim", "then")) else line for line in statements(found.derivation)
    ]
    return sorted(lines), declarations_of(found.derivation), found.shapes.guessed


@pytest.mark.parametrize(
    "text",
    [
        r"$$\sum_{i=1}^n a_i x_i = \sum_i x_i a_i$$",
        SOFTMAX + r"$$\frac{\partial s_i}{\partial x_j} = s_i(\delta_{ij} - s_j)$$",
        r"Let $z = W x + b$. $$\nabla_x \|z\|^2 = 2 W^\top (W x + b)$$",
        r"$$\hat{y} = \sigma(w^\top x)$$" + "\n\n" + r"$$\hat{y} (1 - \hat{y}) = \hat{y} - \hat{y}^2$$",
        r"$$z^{(1)} = W^{(1)} x + b^{(1)}$$" + "\n\n" + r"$$z^{(1)} - b^{(1)} = W^{(1)} x$$",
        "Let $A$ be a symmetric matrix and $x > 0$.\n\n" + r"$$x A^\top = x A$$",
        r"$$L = (y - a_{\text{out}})^2$$"
        + "\n\n"
        + r"$$\frac{\partial L}{\partial a_{\text{out}}} = 2(a_{\text{out}} - y)$$",
        r"$$\frac{\partial J}{\partial w} = \frac{\partial J}{\partial z} x, \quad z = w x$$",
        r"$$g(2x) = g(x + x)$$" + "\n\n" + r"$$g'(x) = g'(x)$$",
        r"Let $x_i \in \mathbb{R}^d$ for all $i$. $$\sum_{i=1}^m w^\top x_i = w^\top \sum_{i=1}^m x_i$$",
    ],
)
def test_a_document_with_its_declarations_is_the_same_without_guesses(text):
    lines, block, _ = meaning(text)
    again, block_again, guessed = meaning("\n".join(["---", *block, "---", "", text]))
    assert (again, block_again, guessed) == (lines, block, [])


def test_a_block_takes_functions_by_name():
    text = (
        "---\nn: size\nz: vector n\nt: vector n, sum 1\nuse: softmax as s\nuse: sigmoid\nuse: nothing\n---\n\n$$1 = 1$$"
    )
    reading = read(pieces_of(text, "a.md"))
    assert {d.name: text_of(d.body) for d in reading.derivation.definitions} == {
        "s": "[i in length_of_z: exp(z[i]) / sum(k in length_of_z: exp(z[k]))]",
        "sigmoid": "1 / (1 + exp(-u))",
    }
    assert [line for line, _ in reading.problems] == [7]


def test_a_function_by_name_takes_the_letter_at_which_the_document_calls_it(claims):
    block = "---\nn: size\nx: vector n\ny: vector n\nuse: softmax as s\n---\n\n"
    assert claims(block + "$$s(y)_i = s_i$$") == ["s(y)[i] = s(y)[i]"]


def test_a_letter_above_a_declared_one_numbers_examples():
    text = r"$$J = \sum_{i=1}^m (w^T x^i - y^i)^2$$" "\n\n"
    text += r"$$\frac{\partial J}{\partial w_j} = 2 \sum_{i=1}^m (w^T x^i - y^i) x_j^i$$"
    block = "w: column n\nx^i: column n\ny^i: number\nm: size"
    report = check_derivation(text, block, repairs=False)
    assert [step.verdict for step in report.claims] == ["proved"]
    assert "x__each[j, i]" in report.claims[0].strict


def test_a_power_has_no_kind():
    ((_, problem),) = check_derivation("$x^2$", "x^2: number").problems
    assert problem == "expected a name, got a power of x"


def test_a_letter_above_that_a_block_tells_numbers_examples_without_a_sum_over_it():
    text = (
        r"$$l^{(i)} = y^{(i)} \theta^T x^{(i)}$$ $$\frac{\partial}{\partial \theta_j} (y^{(i)} \theta^T x^{(i)}) = %s$$"
    )
    block = "x^i: column n\ny^i: number"
    for right, verdict in (("y^{(i)} x^{(i)}_j", "proved"), ("y^{(i)} x^{(j)}_i", "wrong if read so")):
        report = check_derivation(text % right, block, repairs=False)
        assert report.problems == ()
        assert report.claims[-1].verdict == verdict
        assert "x__each" in report.claims[-1].strict
    assert check_derivation("$$1 = 1$$", block, repairs=False).problems == ()


def test_a_letter_above_that_a_block_tells_is_not_doubted():
    text = r"$$J = \sum_{i=1}^m (w^T x^{(i)} - y^{(i)})^2$$" "\n\n"
    text += r"$$\frac{\partial J}{\partial w_j} = 2 \sum_{i=1}^m %s$$"
    block, right = "w: column n\nx^i: column n\ny^i: number", r"(w^T x^{(i)} - y^{(i)}) x_j^{(i)}"
    true, false = (check_derivation(text % each, block, repairs=False).claims[-1] for each in (right, "2" + right))
    assert (true.verdict, true.doubts) == ("proved", ())
    assert (false.verdict, false.doubts) == ("wrong", ())
    undeclared = check_derivation(text % ("2" + right), "w: column n", repairs=False).claims[-1]
    assert "a superscript in brackets numbers examples" in undeclared.doubts


def test_facts_of_numbered_letters_count():
    text = r"$$J = \sum_{i=1}^m y^{(i)} w$$ $$\sum_{i=1}^m (y^{(i)})^2 w = m w$$"
    assert check_derivation(text, "w: number\ny^i: number, ±1", repairs=False).claims[-1].verdict == "verified"
    assert check_derivation(text, "w: number\ny^i: number", repairs=False).claims[-1].verdict == "wrong if read so"
