"""Kinds, sizes that follow from others, and the scope of a question."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.model import Definition, Extent, Kind, Scope


@pytest.mark.parametrize(
    ("text", "sizes", "value"), [("7", {}, 7), ("n + k - 1", {"n": 4, "k": 2}, 5), ("2*(m - 1) // 3", {"m": 6}, 3)]
)
def test_extents(text, sizes, value):
    assert Extent(text).value(sizes) == value


@pytest.mark.parametrize("text", ["", "n +", "n ** 2", "f(n)", "1.5", "n / 2", "True", "n" * 200, "(" * 60])
def test_what_is_no_extent_is_refused(text):
    with pytest.raises(ValueError, match=r"size|expected"):
        Extent(text)


@pytest.mark.parametrize("line", ["m: size m + 1", "n: size 2\nm: size n + k\nl: size m + 1", "x: array 2 3"])
def test_sizes_that_cannot_be_known_are_reported(line):
    assert check_derivation(f"---\n{line}\n---\n$$ 1 = 1 $$").problems


def test_a_scope_tells_functions_from_families_and_indices():
    scope = Scope({"g": Kind("function"), "y": Kind("label", ("n",)), "x": Kind("value", ("n",))})
    scope.definitions["s"] = Definition("s", ("x",), ("i",), ())
    vocabulary = scope.vocabulary()
    assert (vocabulary.functions, vocabulary.families) == ({"g"}, {"s"})
    assert vocabulary.known == {"g", "y", "x", "s"}
    assert scope.is_label("y")
    assert not scope.is_label("x")
    assert not scope.is_label("s")


def test_a_copy_keeps_what_was_said_and_a_forgotten_name_means_nothing():
    scope = Scope({"x": Kind("value", ("n",)), "t": Kind("value", (), declared=False)})
    copy = scope.copy()
    assert set(copy.kinds) == {"x"}
    copy.forget("x")
    assert not copy.kinds
    assert set(scope.kinds) == {"x", "t"}
