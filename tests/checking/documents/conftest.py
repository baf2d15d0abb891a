"""The names that the tests of the grammar know."""

import pytest

from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.printing import unicode
from chainrule.checking.documents.stream import Vocabulary
from chainrule.checking.documents.tokens import tokens


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
