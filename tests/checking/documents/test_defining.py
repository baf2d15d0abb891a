"""Definitions that a text makes."""

import pytest

from chainrule.checking.documents.document import understand
from chainrule.checking.documents.sources import read


def definitions(text):
    """The text's own definitions in its last question."""
    scope = understand(read(text)).questions[-1].scope
    return {name: definition.text for name, definition in scope.definitions.items() if definition.source == "text"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$$L = a + b$$", {"L": "a + b"}),
        ("Let $f(x) = x^2$.\n\n$$f(2) = 4$$", {"f": "x^2"}),
        ("$$a := 2$$", {"a": "2"}),
        ("$$w^{+} = w - g$$", {"w^+": "w - g"}),
        ("$$a = 2$$", {}),
        ("$$i = j$$", {}),
        ("$$x = x + y$$", {}),
        ("$$e^x = y + 1$$", {}),
        ("$$\\tanh x = 1 + y$$", {}),
        ("---\nx: scalar\n---\n\n$$x = 1 + y$$", {}),
        ("$$L = a + b$$ $$L = 2 a$$", {"L": "a + b"}),
        ("$$L = a + b$$ $$L(a) = 2 a$$", {"L": "a + b"}),
    ],
)
def test_the_first_equation_with_a_new_name_defines_it(text, found):
    assert definitions(text) == found


def test_a_name_at_the_end_of_a_chain_is_that_of_its_last_formula():
    assert definitions("---\na, b: scalar\n---\n\n$$a b = 2 a = q$$") == {"q": "2 a"}


def test_a_sentence_names_the_formula_before_it():
    text = "---\na, b: scalar\n---\n\n$$a b = 2 a$$\n\nWe call this quantity $q$.\n\n$$q + q = 4 a$$"
    assert definitions(text) == {"q": "2 a"}
