import math
from types import SimpleNamespace

import pytest

from chainrule.documents.reader import trials
from chainrule.documents.reader.interpretation.readings import WorseError
from chainrule.documents.reader.trials import Trials, misfits


@pytest.fixture
def made(monkeypatch):
    """The options of all readings that are made; a reading has as many misfits as its option `unfit` says."""
    every = []

    def reading_of(options, limit=math.inf):
        every.append(options)
        shapes = SimpleNamespace(faults=[None] * options.get("unfit", 5), with_one_entry=frozenset)
        if len(shapes.faults) >= limit:
            raise WorseError(len(shapes.faults))
        return SimpleNamespace(shapes=shapes)

    monkeypatch.setattr(trials, "DocumentState", lambda **options: options)
    monkeypatch.setattr(trials, "reading_of", reading_of)
    return every


def test_a_choice_is_read_once(made):
    each = Trials(())
    first = each.under({"lone": frozenset({"x"}), "aliases": {1: {"x": "y"}}})
    assert each.under({"aliases": {1: {"x": "y"}, 2: {}}, "lone": {"x"}}) is first
    assert each.under({"aliases": {2: {"x": "y"}}, "lone": {"x"}}) is not first
    assert len(made) == 2


def test_an_option_is_taken_if_more_fits(made):
    each = Trials(())
    best = each.under({})
    assert each.better(best, {}, {"unfit": 5}) == (best, {})
    assert each.better(best, {}, {"unfit": 5}, spare=1)[1] == {"unfit": 5}
    found, chosen = each.better(best, {}, {"unfit": 0})
    assert (misfits(found), chosen) == (0, {"unfit": 0})
    assert each.better(found, chosen, {"rows": True}) == (found, chosen)
    assert {"unfit": 0, "rows": True} not in made  # nothing can be better


def test_a_reading_that_is_not_better_is_not_finished_until_it_is_wanted(made):
    each = Trials(())
    best = each.under({})
    for spare in (0, 1, 0):
        assert each.better(best, {}, {"unfit": 6}, spare=spare) == (best, {})
    assert made.count({"unfit": 6}) == 1  # what was found of it is known
    assert misfits(each.better(best, {}, {"unfit": 6}, spare=2)[0]) == 6
    assert misfits(each.under({"unfit": 6})) == 6
    assert made.count({"unfit": 6}) == 2


def test_matrices_that_would_have_one_entry_count_twice():
    assert misfits(SimpleNamespace(shapes=SimpleNamespace(faults=[1, 2], with_one_entry=lambda: {"A"}))) == 4
