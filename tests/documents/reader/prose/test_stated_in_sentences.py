"""What sentences state, and over which claims it reaches."""

import pytest

from chainrule.documents.checked import check_derivation
from chainrule.documents.language.derivation import FunctionKind
from chainrule.documents.language.printing import condition_text, kind_of
from chainrule.documents.language.terms import ONE
from chainrule.documents.reader.prose.stated_in_sentences import stated_in
from chainrule.documents.reader.reading import read
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.opening import pieces_of

CLAIM = "\n\n$$f x = x f$$\n\n"


def conditions(text):
    """The conditions of each claim, and "?" for one about which there is a doubt."""
    found = read(pieces_of(text, "notes.md"))
    assumed = [condition_text(each.condition) for each in found.derivation.assumptions]
    kinds = {each.name: kind_of(each.kind) for each in found.derivation.declarations}
    facts = [f"{name} is {fact}" for name, kind in kinds.items() for fact in kind.split(", ")[1:]]
    told = []
    for entry in found.entries:
        if entry.kind == "claim":
            own = [condition_text(each) for each in found.derivation.claims[entry.claim].conditions]
            doubts = ["?"] * any(doubt.startswith("whether") for doubt in entry.rests_on)
            told.append(sorted([*assumed, *facts, *own, *doubts]))
    return told


def kind_stated(text, name):
    found = read(pieces_of(text, "notes.md"))
    return next(kind_of(each.kind) for each in found.derivation.declarations if each.name == name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Let $x > 0$.{CLAIM}", ["x is positive"]),
        (f"Assume that $x$ is nonzero.{CLAIM}", ["x is nonzero"]),
        (f"For $x > 0$ we have{CLAIM}", ["x is positive"]),
        (f"We do not assume that $x > 0$.{CLAIM}", ["x is any"]),
        (f"Here $x > 0$ does not hold.{CLAIM}", ["x is any"]),
        (f"Unlike the case where $x > 0$, we have{CLAIM}", ["x is any"]),
        (f"In the last section we had $x > 0$.{CLAIM}", []),
        (f"We saw $x > 0$.{CLAIM}", ["?"]),
        (f"If $x > 0$ it is simple. In any case{CLAIM}", []),
        (f"Let $x$ be a positive definite thing.{CLAIM}", ["?"]),
        (f"Seien $x$ und $f$ positive Zahlen.{CLAIM}", ["f is positive", "x is positive"]),
        (f"Soit $x$ un réel positif.{CLAIM}", ["x is positive"]),
        (f"Sea $x$ un número positivo.{CLAIM}", ["x is positive"]),
        (f"设 $x > 0$。{CLAIM}", ["x is positive"]),
        (f"Giả sử $x > 0$.{CLAIM}", ["x is positive"]),
        (f"$x > 0$ とする。{CLAIM}", ["?"]),
        ("Let $x \\in (0, 1)$." + CLAIM, ["x is unit"]),
        ("Let $x \\in \\{0, 1\\}$." + CLAIM, ["x .* x = x"]),
        ("Assume $x^2 = 2$." + CLAIM, ["x^2 = 2"]),
        ("Let $x^2 = 3 f$ here." + CLAIM, ["?"]),
    ],
)
def test_a_claim_stands_under_what_the_sentence_states(text, expected):
    assert conditions(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{CLAIM}Let $x > 0$.{CLAIM}", [[], ["x is positive"]]),
        (f"If $x > 0$ then{CLAIM}Now the other claim:{CLAIM}", [["x is positive"], []]),
        (f"# A\n\nLet $x > 0$.{CLAIM}# B\n\nText.{CLAIM}", [["x is positive"], ["?"]]),
        (f"# A\n\nLet $x > 0$.{CLAIM}## B\n\nText.{CLAIM}", [["x is positive"], ["x is positive"]]),
        (f"Let $x > 0$.{CLAIM}We drop the assumption $x > 0$.{CLAIM}", [["x is positive"], ["?", "x is any"]]),
        (f"Let $x$ be positive.{CLAIM}$x$ is no longer positive.{CLAIM}", [["x is positive"], ["x is any"]]),
        (f"For $x > 0$ we have{CLAIM}and for $x < 0$ we have{CLAIM}", [["x is positive"], ["x is negative"]]),
        (f"Let $x = 1$ or $x = 0$.{CLAIM}", [["?"]]),
        (
            f"First $$f x = x f$$ for $x > 0$, and $$f x = x f$$ for $x < 0$.{CLAIM}",
            [["x is positive"], ["x is negative"], []],
        ),
    ],
)
def test_a_condition_reaches_only_as_far_as_its_words_say(text, expected):
    assert conditions(text) == expected


SOFTMAX = r"Let $s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}$." + "\n\n"
STEP = "\n\n" + r"$$\frac{\partial s_i}{\partial x_j} = s_i$$" + "\n\n"


def test_a_case_ends_where_the_next_one_begins():
    text = f"{SOFTMAX}Case 1: $i = j$.{STEP}Case 2: $i \\neq j$.{STEP}Combining the cases:{STEP}"
    assert conditions(text) == [["i = j"], ["?", "i != j"], ["?"]]


def test_a_denied_case_is_none():
    assert conditions(f"{SOFTMAX}Unlike the diagonal case, where $i = j$, here{STEP}") == [[]]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Let $a$ and $b$ be vectors." + "\n\n$$a^\\top b = b^\\top a$$", "a", "column n0"),
        ("The matrix $A$ is symmetric.\n\n$$A^\\top = A$$", "A", "matrix n0 n0, symmetric"),
        ("Let $W \\in \\mathbb{R}^{m \\times 2n}$.\n\n$$W + W = 2W$$", "W", "matrix m (2 * n)"),
        ("Let $f$ be a smooth function.\n\n$$f(2x) = f(x + x)$$", "f", "function(number) -> number"),
        ("Let $f : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n$$f(2x) = f(x + x)$$", "f", "function(column n) -> number"),
        ("where $x$ is a real number\n\n$$|x|^2 = x^2$$", "x", "number"),
        ("Sei $A$ eine symmetrische Matrix.\n\n$$A^\\top = A$$", "A", "matrix n0 n0, symmetric"),
    ],
)
def test_sentences_state_kinds(text, name, kind):
    assert kind_stated(text, name) == kind


def test_a_condition_reaches_past_an_example_within_its_section():
    text = r"\section{A}Let $x > 0$. \begin{example}Let $y > 0$.$$x$$\end{example}$$y$$\section{B}$$x$$"
    pieces = pieces_of(text, "notes.tex").pieces
    chains = {n: chains_of(piece.text) for n, piece in enumerate(pieces) if piece.kind in ("inline", "display")}
    found = stated_in(pieces, chains)
    shown = [n for n, piece in enumerate(pieces) if piece.kind == "display"]
    reached = [[n for n in shown if each.start <= n < each.end] for each in found.hypotheses if each.certain]
    assert reached == [shown[:2], shown[:1]]


@pytest.mark.parametrize(
    "text", ["입력값 $x$는 함수 $f$를 거쳐", "$x$是函数$f$的值", "the row $x$ of the function $f$"]
)
def test_a_noun_before_another_name_speaks_of_that(text):
    found = read(pieces_of(f"{text} $y$.\n\n$$f(x) = y$$", "notes.md")).derivation.declarations
    assert "x" not in [each.name for each in found if isinstance(each.kind, FunctionKind)]


@pytest.mark.parametrize(
    "words",
    [
        "Let $t$ be the one-hot vector of $y$.",
        "Here $t$, the one-hot vector of $y$, is given.",
        "Let $t \\in \\{0, 1\\}^K$ be the one-hot vector of $y$.",
    ],
)
def test_the_one_hot_vector_of_a_class_is_one_hot(words):
    steps = check_derivation(
        f"Let $a \\in \\mathbb{{R}}^K$. {words}\n\n$$\\sum_k t_k a_k^2 = (\\sum_k t_k a_k)^2$$"
    ).steps
    assert steps[-1].verdict == "proved"


def test_what_stands_beside_each_value_of_a_name_says_nothing_of_it():
    text = "For each $t$, the one-hot vector of $y$, called $p$, has one entry of 1.\n\n$$\\sum_k t_k = 1$$"
    assert check_derivation(text).steps[-1].verdict != "proved"


def test_words_after_for_end_where_a_clause_about_a_formula_begins():
    text = "Here $t$ is the label for the row and $y = 2x$ is the output.\n\n$$y = x + x$$"
    assert [each.line for each in read(pieces_of(text, "notes.md")).derivation.definitions] == [1]
    assert conditions(f"For the rows and $x > 0$ we have{CLAIM}") == [["x is positive"]]


def test_what_a_section_about_the_notation_says_holds_as_far_as_the_section_around_it():
    text = f"# A\n\n## Notation\n\nLet $x > 0$.\n\n## Steps\n\nText.{CLAIM}# B\n\nText.{CLAIM}"
    assert conditions(text) == [["x is positive"], ["?"]]
    assert conditions(f"# Notation\n\nLet $x > 0$.{CLAIM}# B\n\nText.{CLAIM}") == [["x is positive"], ["x is positive"]]
    assert conditions(f"# Notación compacta\n\nLet $x > 0$.\n\n# B\n\nText.{CLAIM}") == [["x is positive"]]


def test_a_set_tells_that_nabla_is_a_row():
    def told(text):
        pieces = pieces_of(text, "notes.md").pieces
        found = stated_in(pieces, {number: chains_of(piece.text) for number, piece in enumerate(pieces)})
        return found.nabla_is_row

    assert told(r"We write $\nabla f(x) \in \mathbb{R}^{1 \times n}$ for it.")
    assert not told(r"We write $\nabla f(x) \in \mathbb{R}^n$ for it.")


@pytest.mark.parametrize("name", ["f", r"f : \mathbb{R}^n \to \mathbb{R}"])
def test_any_function_is_none_that_was_defined_before(name):
    text = "For $f(w) = w^T w$ we have\n\n$$w^T \\nabla f(w) = 2 f(w)$$\n\n"
    claim = "any differentiable function. Then\n\n$$w^T \\nabla f(w) = 2 f(w)$$"
    steps = check_derivation(f"{text}Now let ${name}$ be {claim}", repairs=False).steps
    assert [step.verdict for step in steps] == ["definition", "proved", "wrong if read so"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $x_i$ be the $i$-th row of $X$.", {"x": ("X", 0)}),
        ("Here $v_c$ is the $c$'th column of the matrix $V$.", {"v": ("V", 1)}),
        ("with $x_i$ the $i^{th}$ column of the data matrix $X$", {"x": ("X", 1)}),
        ("The $u_w$ are the columns of $U$.", {"u": ("U", 1)}),
        ("The rows of the matrix $X$ are the examples $x_i$.", {"x": ("X", 0)}),
        (r"$X \in \mathbb{R}^{n \times d}$ has the rows $x_1^\top, \dots, x_n^\top$.", {"x": ("X", 0)}),
        (r"Let $V$ be the matrix with columns $v_i$.", {"v": ("V", 1)}),
        (r"Sea $X$ la matriz con filas $x_1^\top, \dots, x_n^\top$.", {"x": ("X", 0)}),
        (r"Sei $X$ die Matrix mit den Spalten $x_1, \dots, x_n$.", {"x": ("X", 1)}),
        ("$X$ has rows $x_1, y_2$.", {}),
        ("The $u_w$ are not the columns of $U$.", {}),
        ("The $u_w$ are the columns of $U_1$.", {}),
        ("$x_i$ is the $j$-th row of $X$", {}),
        ("$x_i$ is not the $i$-th row of $X$", {}),
        ("$x_i$ is the sum of the $i$-th row of $X$", {}),
        ("$x_i$ is the $i$-th row of $X$. Now $x_i$ is the $i$-th column of $X$.", {"x": ("", 0)}),
    ],
)
def test_words_say_of_which_matrix_vectors_are_members(text, expected):
    pieces = pieces_of(text, "notes.md").pieces
    chains = {n: chains_of(each.text) for n, each in enumerate(pieces) if each.kind == "inline"}
    assert stated_in(pieces, chains).members == expected


def test_words_about_a_part_of_a_matrix_are_not_about_the_matrix(reading_of):
    text = "Let $p$ and $s$ be one row of $P$ and $S$ (as column vectors). $$P = S A B$$"
    shapes = reading_of(text).shapes.names
    assert [dim.is_one for name in "PS" for dim in shapes[name].known] == [False] * 4


def test_words_say_which_entry_of_a_one_hot_vector_is_1():
    text = r"Let $p_k = e^{z_k} / \sum_j e^{z_j}$. The target $y$ is one-hot %s. $$\sum_k y_k \log p_k = %s$$"
    for words in ("at $c$", "encoding of the class $c$"):
        [*_, right] = check_derivation(text % (words, r"\log p_c"), "a.md", repairs=False).steps
        [*_, wrong] = check_derivation(text % (words, r"\log p_c + p_c - 1"), "a.md", repairs=False).steps
        assert (right.verdict, wrong.verdict) == ("proved", "wrong if read so")
    for words in (r"at $c$, and $\sum_c y_c = 1$", "and $c$ a class"):
        [*_, step] = check_derivation(text % (words, r"\log p_c"), "a.md", repairs=False).steps
        assert step.verdict == "wrong if read so"


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("Let $b$ be a row vector.", "row"),
        ("Let $b$ be a vector.", "column"),
        ("其中 $b$ 为行向量。", "row"),
        ("Sei $b$ ein Zeilenvektor.", "row"),
        ("Soit $b$ un vecteur ligne.", "row"),
    ],
)
def test_words_say_whether_a_vector_is_a_row(words, shape):
    pieces = pieces_of(words, "notes.md").pieces
    chains = {n: chains_of(each.text) for n, each in enumerate(pieces) if each.kind == "inline"}
    [declared] = stated_in(pieces, chains).declared
    assert ("row" if declared.kind.shape[0] == ONE else "column") == shape


CASE = "$$p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\nWe turn to the case $i \\ne j$. %s\n\n"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Then", "proved"),
        ("For all $i \\ne j$:", "proved"),
        ("For all $k$:", "proved"),
        ("For all $i$ and $j$:", "wrong if read so"),
        ("It holds for any $i, j$ that", "wrong if read so"),
    ],
)
def test_words_for_all_letters_end_the_conditions_on_them(words, verdict):
    text = CASE % words + r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == verdict
