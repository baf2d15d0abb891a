"""A page for each public module, with a page for each of its names."""

from __future__ import annotations

import shutil
from importlib import import_module
from inspect import ismodule
from pathlib import Path

import chainrule
from docs.site.files import write_if_new

MODULES = tuple(name for name in chainrule.__all__ if name not in chainrule._HOMES and not name.startswith("_"))
"""The public modules."""

MAIN = {
    "Classifiers": ("SoftmaxRegression", "SoftmaxRegressionCV", "MLPClassifier", "ConvClassifier", "TabularClassifier"),
    "Many fits": ("MLPSearchCV", "fit_many"),
    "Files and reports": (
        "save",
        "load",
        "Blocks",
        "read_images",
        "write_report",
        "column_importances",
        "explain_prediction",
        "to_onnx",
        "save_onnx",
        "onnx_inputs",
    ),
    "Checks": (
        "check_gradient",
        "assert_gradient",
        "prove_identity",
        "check_derivation",
        "Rule",
        "check_rule",
        "assert_rule",
        "prove_rule",
    ),
    "Networks": ("Network", "network_of_layers", "mlp", "Plan", "summarise", "trace"),
    "Heads of many classes": ("LinearCrossEntropy", "linear_cross_entropy"),
}
"""The names of the package itself, by topic."""


def write(source: Path) -> None:
    """Write docs/api."""
    home = source / "api"
    shutil.rmtree(home / "generated", ignore_errors=True)  # a name may have gone
    others = [name for name in chainrule._HOMES if name not in sum(MAIN.values(), ())]
    topics = {**MAIN, **({"Further names": tuple(others)} if others else {})}
    lines = ["API reference", "=============", "", ".. currentmodule:: chainrule", ""]
    for topic, names in topics.items():
        lines += [topic, "-" * len(topic), "", *_table(names)]
    lines += ["Modules", "-------", "", ".. toctree::", "   :maxdepth: 1", ""]
    lines += [f"   chainrule.{name}" for name in MODULES]
    write_if_new(home / "index.rst", "\n".join(lines) + "\n")
    for name in MODULES:
        write_if_new(home / f"chainrule.{name}.rst", _module(f"chainrule.{name}"))


def public_names(module: str) -> tuple[str, ...]:
    """The names that a module offers."""
    found = import_module(module)
    names = (name for name in getattr(found, "__all__", ("wrap",)) if not ismodule(getattr(found, name)))
    return tuple(sorted(names, key=str.lower))


def at_home(module: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that a module offers and no page before its own, and its other ones, which stand elsewhere."""
    names, found = public_names(module), import_module(module)
    others = tuple(f"chainrule.{name}." for name in MODULES if f"chainrule.{name}" != module)
    origins = {name: f"{getattr(getattr(found, name), '__module__', module)}." for name in names}
    here = [name for name in names if name not in chainrule._HOMES and not origins[name].startswith(others)]
    return tuple(here), tuple(name for name in names if name not in here)


def _module(name: str) -> str:
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    here, elsewhere = at_home(name)
    lines += [f".. currentmodule:: {name}", "", *_table(here)]
    if elsewhere:
        lines += [f"Also here: {', '.join(f':obj:`{other}`' for other in elsewhere)}.", ""]
    return "\n".join(lines) + "\n"


def _table(names: tuple[str, ...]) -> list[str]:
    return [
        ".. autosummary::",
        "   :toctree: generated",
        "   :nosignatures:",
        "",
        *(f"   {name}" for name in names),
        "",
    ]
