"""The names that the tests of the grammar know."""

import pytest

from chainrule.checking.derivations.grammar import parse
from chainrule.checking.derivations.printing import unicode
from chainrule.checking.derivations.stream import Vocabulary
from chainrule.checking.derivations.tokens import tokens


@pytest.fixture(scope="session")
def names():
    return Vocabulary(
        functions=frozenset({"f", "σ"}),
        families=frozenset({"s"}),
        decorated=frozenset({"h^a", "z_1"}),
        known=frozenset("fσs"),
    )


@pytest.fixture(scope="session")
def understood(names):
    """How a formula is read, as Unicode text."""
    return lambda text: unicode(parse(tokens(text), names))
