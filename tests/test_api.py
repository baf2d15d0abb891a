"""Every public name is documented: a sentence, and for functions and classes an example that the doctests run.

Public are the names at chainrule's front door, and those that its public modules list in `__all__`.
"""

import ast
import inspect
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

import chainrule
from chainrule.rules import Rule

MODULES = {module: import_module(f"chainrule.{module}") for module in chainrule._MODULES}
PUBLIC = [(module, name) for module, loaded in MODULES.items() for name in loaded.__all__]

ALIAS, CONSTANT = "a type alias", "a constant"
WITHOUT_EXAMPLE = {
    ("arrays", "Array"): ALIAS,
    ("arrays", "Namespace"): ALIAS,
    ("solvers", "Schedule"): ALIAS,
    ("training", "Callback"): ALIAS,
    ("training", "Change"): ALIAS,
    ("arrays", "FEW_COLUMNS"): CONSTANT,
    ("storage", "KINDS"): CONSTANT,
}
"""Names that nobody calls. They have a string below their assignment."""


def faults(value):
    """What the docstring of a function, a class or a rule lacks."""
    if isinstance(value, Rule):  # records, which are documented by their fields
        return [field for field in ("formula", "derivative", "domain", "kinks") if not getattr(value, field)]
    text = inspect.cleandoc(value.__doc__ or "")
    found = [] if text.split("\n")[0].endswith(".") else ["a sentence in the first line"]
    found += [] if ">>> " in text else ["an example"]
    if inspect.isclass(value):
        members = {name: member for name, member in vars(value).items() if not name.startswith("_")}
        for name, member in members.items():
            if isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member):
                found += [] if member.__doc__ else [f"a docstring of {name}"]
    return found


def note_below(source, name):
    """The string below the assignment of a name in a module; None without one."""
    for statement, below in pairwise(ast.parse(source).body):
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if any(getattr(target, "id", None) == name for target in targets) and isinstance(below, ast.Expr):
            return getattr(below.value, "value", None)
    return None


@pytest.mark.parametrize(("module", "name"), [pair for pair in PUBLIC if pair not in WITHOUT_EXAMPLE])
def test_every_public_name_has_a_sentence_and_an_example(module, name):
    assert faults(getattr(MODULES[module], name)) == []


@pytest.mark.parametrize(("module", "name"), WITHOUT_EXAMPLE)
def test_aliases_and_constants_have_a_sentence(module, name):
    assert (module, name) in PUBLIC
    sources = [path.read_text(encoding="utf-8") for path in Path(MODULES[module].__file__).parent.rglob("*.py")]
    [note] = filter(None, (note_below(source, name) for source in sources))
    assert note.split("\n")[0].endswith(".")


@pytest.mark.parametrize("name", chainrule._HOMES)
def test_names_at_the_front_door_are_public_where_they_live(name):
    home = import_module(chainrule._HOMES[name])
    assert name in home.__all__
    assert getattr(chainrule, name) is getattr(home, name)


def bare(x): ...


def unfinished(x):
    """The same number"""


def without_example(x):
    """The same number."""


class WithBareMethod:
    """A number.

    >>> 1 + 1
    2
    """

    def double(self): ...


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (bare, ["a sentence in the first line", "an example"]),
        (unfinished, ["a sentence in the first line", "an example"]),
        (without_example, ["an example"]),
        (WithBareMethod, ["a docstring of double"]),
        (Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v), ["formula", "derivative"]),
    ],
)
def test_a_missing_part_is_detected(value, found):
    assert faults(value) == found


def test_a_missing_note_is_detected():
    assert note_below('A = 1\n"""One."""\nB: int = 2\n"""Two."""', "B") == "Two."
    assert note_below('A = 1\nB = 2\n"""Two."""', "A") is None
