"""The rooms of the step checker: no two use each other, directly or through others."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import chainrule

SOURCE = Path(chainrule.__file__).parent


def uses(room):
    """The folders and modules of a folder, each with those beside it that it imports."""
    folder, package = SOURCE / room, "chainrule." + room.replace("/", ".") + "."
    found = {}
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        imports = found.setdefault(own, set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [f"{node.module}.{each.name}" for each in node.names]
                imports.update(name.removeprefix(package).split(".")[0] for name in named if name.startswith(package))
        imports.discard(own)
    return found


@pytest.mark.parametrize("room", ["documents", "documents/reader"])
def test_rooms_do_not_use_each_other_in_circles(room):
    found = uses(room)
    assert len(found) > 5
    TopologicalSorter(found).prepare()  # raises CycleError, which shows the circle
