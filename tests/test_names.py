"""Each name means one thing: modules and public classes are unique over the package, and tests mirror the sources.

The bridges to JAX and PyTorch have their tests in tests/bridges.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import chainrule
from chainrule.cli import app

ROOT = Path(chainrule.__file__).parent
TESTS = Path(__file__).parent
COMMANDS = {f"cli/{command.callback.__name__}.py" for command in app.registered_commands}
"""A file of a command has the command's name, which users type."""

WITHOUT_TESTS = {
    ".": "jax torch",
}
"""Modules without a test file of their own name, by folder."""


def modules(root):
    """The names of modules and packages, with their files; without commands, and kernels named as their rules."""
    found = defaultdict(list)
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        name = path.parent.name if path.name == "__init__.py" else path.stem
        is_kernel = path.parent == root / "kernels" and (root / "rules" / path.name).is_file()
        if path.name == "__main__.py" or inside in (*COMMANDS, "__init__.py") or is_kernel:
            continue
        found[name].append(inside)
    return found


def public_classes(root):
    """The names of public classes at the top of modules, with the files that define them."""
    found = defaultdict(list)
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(inside)
    return found


def shared(found):
    return {name: paths for name, paths in found.items() if len(paths) > 1}


def without_tests(root, tests):
    """Modules without a file of the same path among the tests, as names by folder."""
    found = defaultdict(list)
    for path in sorted(root.rglob("*.py")):
        folder = path.relative_to(root).parent
        if not path.name.startswith("__") and not (tests / folder / f"test_{path.name}").is_file():
            found[folder.as_posix()].append(path.stem)
    return {folder: " ".join(names) for folder, names in found.items()}


def test_modules_have_names_of_their_own():
    assert shared(modules(ROOT)) == {}


def test_public_classes_have_names_of_their_own():
    assert shared(public_classes(ROOT)) == {}


def test_each_module_has_a_test_file_of_its_name():
    assert without_tests(ROOT, TESTS) == WITHOUT_TESTS


@pytest.fixture
def made_up(tmp_path):
    for path, source in {
        "src/rules/rows.py": "class Row: ...\nclass _Own: ...\n",
        "src/solvers/rows.py": "class Row: ...\nclass _Own: ...\n",
        "src/solvers/rules.py": "class Other:\n    class Row: ...\n",
        "src/rules/__init__.py": "",
        "tests/rules/test_rows.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    return tmp_path


def test_a_second_meaning_is_detected(made_up):
    rows = ["rules/rows.py", "solvers/rows.py"]
    assert shared(modules(made_up / "src")) == {"rows": rows, "rules": ["rules/__init__.py", "solvers/rules.py"]}
    assert shared(public_classes(made_up / "src")) == {"Row": rows}


def test_a_missing_test_file_is_detected(made_up):
    assert without_tests(made_up / "src", made_up / "tests") == {"solvers": "rows rules"}
