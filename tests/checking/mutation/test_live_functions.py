"""Functions with their sources, and their code compiled from a tree."""

import math

import pytest

from chainrule import rules
from chainrule.checking.mutation import SourceMissing
from chainrule.checking.mutation.live_functions import live_functions, replaced


def test_code_without_source_is_refused_by_name():
    scope = {"__name__": "typed"}
    exec(compile("def g(x):\n    return 2 * x", "<prompt>", "exec"), scope)
    with pytest.raises(SourceMissing, match=r"the source of typed\.g is not available .*'<prompt>'"):
        live_functions(scope["g"])
    with pytest.raises(SourceMissing, match="C functions have none"):
        live_functions(math.exp)


def test_code_that_was_edited_after_its_import_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "edited_module.py"
    file.write_text("def g(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    import edited_module

    file.write_text("def g(x):\n    return 3 * x\n")
    with pytest.raises(SourceMissing, match="was edited after it was imported"):
        live_functions(edited_module.g)


def test_compiling_an_unedited_tree_gives_the_code_back():
    for name in rules.names():
        for function in live_functions(rules.get(name)):
            code = function.compiled()
            assert (code.co_freevars, code.co_qualname) == (function.code.co_freevars, function.code.co_qualname)
            if not code.co_freevars:
                assert code.co_code == function.code.co_code


def power(x, n):
    return x if n == 1 else x * power(x, n - 1)


class Layer:
    scale = 2.0

    def __init__(self, weight):
        self.__weight = weight

    def __scaled(self, x):
        return Layer.scale * self.__weight * x

    def forward(self, x):
        return self.__scaled(x) + 1


class Residual(Layer):
    def forward(self, x):
        return super().forward(x) + x


def chain(factor):
    def repeated(x, n):
        return x if n == 0 else factor * repeated(x, n - 1)

    return repeated


@pytest.mark.parametrize(
    ("function", "inputs", "names"),
    [
        (power, (2.0, 3), ["power"]),
        (Layer(3.0).forward, (5.0,), ["Layer.__init__", "Layer.__scaled", "Layer.forward"]),
        (Residual(3.0).forward, (5.0,), ["Residual.forward"]),
        (chain(2.0), (5.0, 3), ["chain.<locals>.repeated"]),
    ],
    ids=["recursion", "private names", "super", "recursion in a closure"],
)
def test_functions_that_name_themselves_or_their_class_can_be_compiled(function, inputs, names):
    expected, found = function(*inputs), live_functions(function)
    assert sorted(each.name for each in found) == names
    for each in found:
        with replaced(each, each.compiled()):
            assert function(*inputs) == expected


def times(factor):
    return lambda x: factor * x


def test_a_closure_keeps_a_variable_that_an_edit_no_longer_uses():
    double = times(2.0)
    (function,) = live_functions(double)
    original = double.__code__
    one = function.compiled(type(function.node)(function.node.args, function.node.body.right))
    assert one.co_freevars == ("factor",)
    with replaced(function, one):
        assert double(3.0) == 3
    assert double(3.0) == 6
    assert double.__code__ is original
