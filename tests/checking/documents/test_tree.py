"""Trees: walks from left to right, replaced nodes, free names."""

from chainrule.checking.documents.tree import (
    Big,
    Cases,
    Comparison,
    Index,
    Matrix,
    Name,
    Plus,
    children,
    free_names,
    rebuilt,
    walk,
)

X, Y, AT, N = (Name(text, span=(at, at + 1)) for at, text in enumerate("xyin"))


def test_a_walk_goes_from_left_to_right_through_nested_tuples():
    tree = Cases(((Plus((X, Y), (1, -1)), Comparison("=", AT, N)), (X, None)))
    assert [node.text for node in walk(tree) if isinstance(node, Name)] == ["x", "y", "i", "n", "x"]
    assert list(children(Matrix(((X, Y), (AT,))))) == [X, Y, AT]


def test_only_the_nodes_on_the_way_to_a_replaced_one_are_new():
    left, right = Index(X, (AT,)), Index(Y, (AT,))
    tree = Plus((left, right), (1, 1))
    new = rebuilt(tree, {id(Y): N})
    assert new == Plus((left, Index(N, (AT,))), (1, 1))
    assert new.terms[0] is left
    assert rebuilt(tree, {}) is tree


def test_places_take_no_part_in_comparisons():
    assert Name("x") == X
    assert hash(X) == hash(Name("x"))


def test_a_sum_binds_its_index_in_its_body_and_its_condition_but_not_in_its_limits():
    inner = Index(X, (AT,))
    assert free_names(Big("sum", "i", None, N, Comparison("<", AT, Y), inner)) == {"x", "y", "n"}
    assert free_names(Big("sum", "i", None, AT, None, inner)) == {"x", "i"}
