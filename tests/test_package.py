"""The package as a whole: imports point downward, loading is lazy, and every public name resolves and is documented.

What Python would import is read off the syntax trees, function bodies and `import_module("...")` included, so that a
module that no test happens to load is held to the same rules. Every detector here is also shown a violation.
"""

import ast
import importlib
import importlib.resources
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

ROOT = Path(chainrule.__file__).parent
LAYERS = (
    *("extras", "progress", "streams", "arrays", "workspace", "rules", "kernels", "heads", "networks"),
    *("storage", "engines", "solvers", "training", "estimators", "export", "report", "servers", "cli"),
)
"""Each may import itself and those before it."""
BESIDE = ("checking", "documents", "torch", "jax")
BENEATH = ("extras", "arrays", "workspace", "rules", "kernels")
"""The layers that those may import; only the servers and the command line import one of them."""
NUMBERS = "algebra"
"""The numbers of the checks: they know arrays, and only the checks know them; the servers use their limits."""
HEAVY = ("torch", "jax", "matplotlib", "pandas", "sklearn", "scipy", "flint", "rich", "typer")
DOCUMENTED = (
    *("kernels", "rules", "heads", "networks", "storage", "engines"),
    *("solvers", "training", "estimators", "report"),
)

BLOCK = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError("pandas is blocked here", name=name)

sys.meta_path.insert(0, Refuse())
"""


def imported(source, package="chainrule"):
    """The modules that a source file imports, at any depth, as (dotted name, whether at module level)."""
    tree = ast.parse(source)
    deep = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            home = ".".join([*parents, *([node.module] if node.module else [])])
            # `from chainrule import rules` imports a module, `from chainrule.arrays import Array` a name of one.
            names = [f"{home}.{alias.name}" for alias in node.names]
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(("import_module", "import_extra"))
            and node.args
        ):
            names = [node.args[0].value] if isinstance(node.args[0], ast.Constant) else []
        for name in names:
            yield name, id(node) not in deep


def layer_of(name):
    """The part of chainrule that a dotted name lies in; None for other packages and for chainrule's own front door."""
    parts = name.split(".")
    layers = (*LAYERS, *BESIDE, NUMBERS)
    return parts[1] if parts[0] == "chainrule" and len(parts) > 1 and parts[1] in layers else None


def may_import(importer, layer):
    if importer == layer:
        return True
    if NUMBERS in (importer, layer):
        return importer in ("checking", "documents", "servers") if layer == NUMBERS else layer == "arrays"
    if (importer, layer) == ("documents", "checking"):
        return True
    if importer in BESIDE or layer in BESIDE:
        return (importer in BESIDE and layer in BENEATH) or importer in ("servers", "cli")
    return LAYERS.index(layer) < LAYERS.index(importer)


def violations(root):
    found = []
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).with_suffix("").parts
        importer = layer_of(".".join(["chainrule", *inside]))
        if importer is None:  # __init__ and __main__ stand above all layers; those below check what they load
            continue
        package = ".".join(["chainrule", *inside[:-1]])
        for name, _ in imported(path.read_text(encoding="utf-8"), package):
            layer = layer_of(name)
            if layer is not None and not may_import(importer, layer):
                found.append(f"{'/'.join(inside)} imports {name}")
    return found


def loaded_by(statement, names=HEAVY):
    """Which of these modules a fresh interpreter has loaded after the statement."""
    code = f"import sys\n{statement}\nprint(*sorted(set({names!r}) & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def undocumented(path):
    """Public functions, classes and methods of a module that have no docstring of their own."""

    def visit(node, prefix):
        for child in node.body:
            if not isinstance(child, ast.FunctionDef | ast.ClassDef) or child.name.startswith("_"):
                continue
            if ast.get_docstring(child) is None:
                yield prefix + child.name
            if isinstance(child, ast.ClassDef):
                yield from visit(child, f"{prefix}{child.name}.")

    return list(visit(ast.parse(path.read_text(encoding="utf-8")), f"{path.stem}."))


def test_imports_point_downward_only():
    assert violations(ROOT) == []


def test_all_layers_are_there_to_be_looked_at():
    for layer in LAYERS:
        assert (ROOT / layer).is_dir() or (ROOT / f"{layer}.py").is_file()
    assert len(list(ROOT.rglob("*.py"))) > 30


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("rules/made_up.py", "from chainrule.networks import Plan"),
        ("rules/made_up.py", "from chainrule import estimators"),
        ("arrays.py", "def late():\n    import chainrule.rules.softmax"),
        ("networks/made_up.py", "def late():\n    return importlib.import_module('chainrule.training')"),
        ("networks/made_up.py", "from ..solvers import Adam"),
        ("solvers/made_up.py", "from chainrule.training.history import Run"),
        ("training/made_up.py", "if TYPE_CHECKING:\n    from chainrule.estimators import MLPClassifier"),
        ("estimators/made_up.py", "from chainrule import cli"),
        ("checking/made_up.py", "from chainrule.networks import Plan"),
        ("rules/made_up.py", "from chainrule.checking import balls"),
        ("networks/made_up.py", "def late():\n    from chainrule.torch import wrap"),
        ("torch.py", "from chainrule.networks import Plan"),
        ("jax.py", "from chainrule import checking"),
        ("servers/made_up.py", "from chainrule.cli.output import note"),
        ("algebra/made_up.py", "from chainrule import rules"),
    ],
)
def test_an_upward_import_is_detected(tmp_path, path, source):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("estimators/made_up.py", "from chainrule.networks import Plan\nfrom chainrule import rules, __version__"),
        ("checking/made_up.py", "from chainrule.arrays import Array\nfrom . import balls"),
        ("cli/made_up.py", "from chainrule import estimators\nimport numpy"),
        ("torch.py", "import torch\nfrom chainrule.rules import Rule"),
    ],
)
def test_a_downward_import_is_not_reported(tmp_path, path, source):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)
    assert violations(tmp_path) == []


def test_importing_chainrule_loads_no_library():
    assert loaded_by("import chainrule") == set()


def test_importing_the_classifier_loads_no_framework():
    # scikit-learn itself looks at pandas wherever that is installed (see below), and at rich.
    frameworks = {"torch", "jax", "matplotlib", "flint", "typer"}
    assert loaded_by("from chainrule import MLPClassifier") & frameworks == set()


def test_a_loaded_library_is_detected():
    assert loaded_by("import flint, scipy") == {"flint", "scipy"}


def test_no_module_imports_pandas_torch_or_matplotlib_when_it_is_loaded():
    at_the_top = {
        name.partition(".")[0]
        for path in ROOT.rglob("*.py")
        for name, top in imported(path.read_text(encoding="utf-8"))
        if top
    }
    assert {"numpy", "sklearn"} <= at_the_top
    assert at_the_top & {"pandas", "pyarrow", "torch", "jax", "matplotlib"} == set()


def test_an_import_of_pandas_at_the_top_is_told_from_one_in_a_function():
    assert dict(imported("def late():\n    import pandas")) == {"pandas": False}
    assert dict(imported("pandas = import_extra('pandas', 'tables', 'this needs it')")) == {"pandas": True}
    assert dict(imported("try:\n    import pandas\nexcept ImportError:\n    pass")) == {"pandas": True}


def test_classifier_and_table_encoder_work_where_pandas_is_missing():
    code = """
from chainrule import MLPClassifier
from chainrule.estimators import TableEncoder
table = {"size": [1.0, 2.5, 40.0, -3.0], "kind": ["a", "b", "a", "c"]}
features = TableEncoder().fit_transform(table)
MLPClassifier((3,), solver="lbfgs", random_state=0).fit(features, ["x", "y", "x", "y"]).predict_proba(features)
"""
    assert "pandas" not in loaded_by(BLOCK + code)


def test_the_block_on_pandas_holds():
    check = "try:\n    import pandas.core\nexcept ModuleNotFoundError:\n    import decimal\n"
    assert "decimal" in loaded_by(BLOCK + check, ("decimal",))


@pytest.mark.parametrize("name", chainrule.__all__)
def test_every_public_name_resolves(name):
    value = getattr(chainrule, name)
    assert value is getattr(chainrule, name)
    assert name in dir(chainrule)


@pytest.mark.parametrize("module", ["arrays", *DOCUMENTED, *BESIDE])
def test_every_name_that_a_module_exports_resolves(module):
    loaded = importlib.import_module(f"chainrule.{module}")
    exported = getattr(loaded, "__all__", [])
    assert len(set(exported)) == len(exported)
    assert [name for name in exported if not hasattr(loaded, name)] == []


def test_an_unknown_name_is_an_attribute_error_that_repeats_it():
    with pytest.raises(AttributeError, match="module 'chainrule' has no attribute 'MLPRegressor'"):
        _ = chainrule.MLPRegressor


def test_the_type_marker_ships():
    assert (importlib.resources.files("chainrule") / "py.typed").is_file()


def test_the_version_has_three_numbers():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc|\.dev)\d+)?", chainrule.__version__)


@pytest.mark.parametrize("layer", ["arrays", *DOCUMENTED, "torch", "jax"])
def test_every_public_function_and_class_has_a_docstring(layer):
    paths = [ROOT / f"{layer}.py"] if (ROOT / f"{layer}.py").is_file() else sorted((ROOT / layer).glob("*.py"))
    assert [name for path in paths for name in undocumented(path)] == []
    assert all(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def test_a_missing_docstring_is_detected(tmp_path):
    source = 'class Known:\n    """Known."""\n    def method(self): ...\n    def _own(self): ...\ndef bare(): ...\n'
    (tmp_path / "made_up.py").write_text(source)
    assert undocumented(tmp_path / "made_up.py") == ["made_up.Known.method", "made_up.bare"]


def test_the_citation_names_this_version():
    citation = Path(__file__).parents[1] / "CITATION.cff"
    assert f"\nversion: {chainrule.__version__}\n" in citation.read_text("utf-8")
