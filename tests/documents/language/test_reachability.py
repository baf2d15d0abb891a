"""What can be reached from something."""

import pytest

from chainrule.documents.language.reachability import reached

WAYS = {"a": "b", "b": "cd", "c": "b", "d": "", "e": "e", "f": "a"}


@pytest.mark.parametrize(("start", "found"), [("a", "bcd"), ("b", "bcd"), ("d", ""), ("e", "e"), ("f", "abcd")])
def test_a_start_is_reached_only_by_a_way_back(start, found):
    assert reached(start, WAYS.__getitem__) == {*found}
