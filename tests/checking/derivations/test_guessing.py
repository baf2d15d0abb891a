"""Functions that a text uses without saying which."""

from chainrule.checking.derivations.document import understand
from chainrule.checking.derivations.guessing import agreeing, unknown_functions
from chainrule.checking.derivations.sources import read


def question(text):
    return understand(read(text)).questions[0]


def test_a_function_that_is_only_applied_gets_the_templates_to_try():
    assert unknown_functions(question("$$q(x) = q(x) + 1$$"))[0][0] == "q"
    assert unknown_functions(question("Let $q(x) = x^2$.\n\n$$q(x) = x^2$$")) == []


def test_relations_that_agree_are_counted():
    text = "Let $q(x) = x^2$.\n\n$$q(x) = x x$$\n\n$$q(2) = 5$$\n\n$$1 = 1$$"
    assert agreeing(question(text), "q") == 1
