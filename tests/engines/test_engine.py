"""What a solver asks of an engine is what the engines have."""

import inspect

import numpy as np
import pytest

from chainrule.engines import Engine, JournaledEngine, Leaf, Leaves, LocalEngine
from chainrule.engines.dask_engine import DaskEngine

METHODS = [name for name, _ in inspect.getmembers(Engine, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("engine", [LocalEngine, DaskEngine, JournaledEngine])
@pytest.mark.parametrize("name", METHODS)
def test_engines_have_the_methods_of_the_protocol(engine, name):
    asked, given = (inspect.signature(getattr(each, name)).parameters for each in (Engine, engine))
    assert list(given) == list(asked)
    assert [one.default for one in given.values()] == [one.default for one in asked.values()]


def test_the_protocol_asks_for_something():
    assert METHODS == ["blocks", "close", "map_reduce", "with_threads"]


def test_functions_are_given_leaves():
    engine = LocalEngine(Leaves(np.ones((5, 2)), np.arange(5), None, 3))
    (first, second) = engine.map_reduce(lambda leaf, state: [(leaf, state)], "state")
    assert isinstance(first[0], Leaf)
    assert (second[0].number, second[0].rows, second[0].weights, second[0].in_memory) == (1, slice(3, 5), None, True)
    assert first[1] == "state"
