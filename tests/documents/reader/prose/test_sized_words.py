import pytest

from chainrule.documents.language.printing import kind_of
from chainrule.documents.reader.reading import read
from chainrule.documents.sources.opening import pieces_of

LAYERS = r"$$z = W_1 x + b$$"


def kinds_in(text):
    found = read(pieces_of(f"{text}\n\n{LAYERS}\n\n$$z = z$$\n", "a.md")).derivation
    return {each.name: kind_of(each.kind) for each in found.declarations}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (
            r"$W_1$ is an $H \times D$ matrix and $x$ is a $D$-dimensional vector.",
            {"W_1": "matrix H D", "x": "column D"},
        ),
        (r"Let $W_1$ be a $3 \times 2$ real matrix.", {"W_1": "matrix 3 2"}),
        (r"Shapes: $W_1$ is $H \times D$.", {"W_1": "matrix H D"}),
        (r"Here $W_1$ has shape $(H, D)$ and $Q$ is of size $n \times m$.", {"W_1": "matrix H D"}),
        (r"The weights $W_1$ ($H \times D$) are learned.", {"W_1": "matrix H D"}),
        (r"The $m \times n$ weight matrix $W_1$ is learned.", {"W_1": "matrix m n"}),
        (r"Here $x$ and $q$ are $n$-dimensional column vectors.", {"x": "column n"}),
        (r"Let $x$ be a vector of length $n$.", {"x": "column n"}),
        (r"Here $x$ is a row vector of size $n$.", {"x": "row n"}),
        (r"Take a vector $x$ with $n$ components.", {"x": "column n"}),
        (r"Let $b$ be a vector of $K$ real numbers; $x$ has $n$ entries.", {"b": "column K", "x": "column n"}),
        (r"Let $W_1$ be a matrix with $H$ rows and $D$ columns.", {"W_1": "matrix H D"}),
        (r"The matrix $W_1$ has $H$ rows and $D$ columns.", {"W_1": "matrix H D"}),
        (r"The inputs are $D$-dimensional vectors. Let $x \in \mathbb{R}^D$.", {"D": "size", "x": "column D"}),
    ],
)
def test_words_around_a_name_give_its_sizes(text, kinds):
    found = kinds_in(text)
    assert {name: found.get(name) for name in kinds} == kinds


@pytest.mark.parametrize(
    "words", ["is the $k$-th vector", "is not an $m \\times n$ matrix", "has $m$ rows; the matrix is big"]
)
def test_other_words_give_none(words):
    assert "matrix m n" not in kinds_in(f"Here $W_1$ {words}.").values()
    assert "k" not in kinds_in(f"Here $W_1$ {words}.")


@pytest.mark.parametrize(
    "text", [r"Here $b$ is $u \times v$.", r"The value $W_1$ of $(u, v)$ is known.", r"$W_1$ is $2 \times 3$."]
)
def test_a_product_and_arguments_are_no_shapes(text):
    found = kinds_in(text)
    assert "matrix u v" not in found.values()
    assert "matrix 2 3" not in found.values()


@pytest.mark.parametrize(
    "text",
    [
        "Let $x$ be a vector of length $1$.",
        "Consider a vector $x$ of length $n$.",
        "The product of $x$ has length $n$.",
        "Let $x$ be the number of $n$ entries.",
    ],
)
def test_a_length_may_be_a_norm(text):
    assert kinds_in(text).get("x") not in ("column 1", "column n")


def test_a_size_that_may_be_a_norm_is_in_doubt(verdict_of):
    claim = r"\|v\|^2 = r^2"
    assert verdict_of(claim, "", "Let $v$ be a vector of length $r$.\n\n") == "wrong if read so"
    assert verdict_of(claim, "", "Let $v$ be a vector with $r$ entries.\n\n") == "wrong"
