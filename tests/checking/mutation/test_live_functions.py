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
