"""The atlas as a page of Markdown: a summary, then a table for each operator."""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.accuracy.contestants import CONTESTANTS, RULES
from benchmarks.accuracy.measuring import Cell, Errors
from benchmarks.accuracy.sweep import Swept
from chainrule import rules
from chainrule.rules.shifted import CONDITIONED_BOUND

OURS = ("chainrule", "chainrule, torch")
ELEMENTWISE = {"float64": 6.0, "float32": 8.0}
"""Error bound in ulp of tanh, sigmoid, softplus and log-sigmoid for all inputs."""

FAMILY = {
    "softmax",
    "log_softmax",
    "log_sum_exp",
    "softmax_cross_entropy, labels",
    "softmax_cross_entropy, rows",
    "scaled_softmax",
    "softmax_expectation",
}


def bound(cell: Cell) -> float:
    """The error bound that the rule claims for the cell, in ulp of the magnitude of an entry."""
    if cell.operator in ("tanh", "sigmoid", "softplus", "log_sigmoid"):
        return ELEMENTWISE[cell.dtype]
    if cell.operator in FAMILY:
        return float(CONDITIONED_BOUND)
    claimed = rules.get(RULES.get(cell.operator, cell.operator)).error_bound
    return math.inf if claimed is None else float(claimed)


def missed(cell: Cell) -> list[str]:
    """The failures of chainrule in one cell: errors above the bound, or lost digits."""
    found = []
    peers = [errors.units for name, errors in cell.errors.items() if name not in OURS]
    for name in OURS:
        errors = cell.errors.get(name)
        if errors is None:
            continue
        where = f"{cell.operator}, {cell.form}, {cell.dtype}, {cell.region}, {name}"
        if errors.problem:
            found.append(f"{where}: {errors.problem}")
        elif not errors.units <= bound(cell):
            beaten = " and worse than the best peer" if peers and errors.units > min(peers) else ""
            found.append(f"{where}: {_number(errors.units)} ulp, above {bound(cell):g}{beaten}")
        if errors.vanished:
            found.append(f"{where}: {errors.vanished} results other than 0 were returned as 0")
    return found


def document(cells: Sequence[Cell], swept: Sequence[Swept], options: argparse.Namespace, seconds: float) -> str:
    """The page as Markdown."""
    return "\n".join([*_summary(cells, options, seconds), *_sweep(swept), *_tables(cells)]) + "\n"


def _summary(cells: Sequence[Cell], options: argparse.Namespace, seconds: float) -> Iterator[str]:
    misses = [line for cell in cells for line in missed(cell)]
    yield "# How accurate the operators are\n"
    yield (
        "Largest errors of each operator in its value (forward), its pullback (vector-Jacobian product) and its "
        "pushforward (Jacobian-vector product), against ball arithmetic of at least 300 bits. All libraries get the "
        "same inputs. The columns of chainrule measure the public calls `rule(x)`, `rule.vjp` and `rule.jvp`.\n"
    )
    yield "## What it shows\n"
    yield from _findings(cells)
    total = sum(name in cell.errors for cell in cells for name in OURS)
    if misses:
        yield f"- Of {total} cells of chainrule, these exceed the bounds claimed for them:"
        yield from (f"  - {line}" for line in misses)
    else:
        yield f"- All {total} cells of chainrule are within the bounds claimed for them."
    yield "\n## How to read it\n"
    yield (
        "A number is the largest error of the entries of a cell, in units in the last place (ulp); a correctly rounded "
        "result has at most 0.5. The error of a sum with cancellation is measured in ulp of the sum of the magnitudes "
        "of its terms, so ill-conditioned entries do not count against a library. In derivatives, an exponential below "
        "the smallest normal number counts as that number. `wrong` marks a result that is infinite or nan and should "
        "be finite, or the reverse. `0!` follows the number of entries returned as 0 that are not 0, at condition "
        "numbers below 1 / (8 u). A dash means that the library lacks the function. SciPy has no derivatives; PyTorch "
        "and JAX use their automatic differentiation.\n"
    )
    yield (
        "Vectors have both signs, or are nearly constant, which causes cancellation; `huge vectors` reach the largest "
        "float. Infinite logits are read as limits (see `chainrule.rules.shifted`); other libraries mostly return nan "
        "there, which counts as wrong. In rows of very many classes, 41 entries are compared, sums run over all "
        "classes, and the vector has both signs.\n"
    )
    command = f"python -m benchmarks.accuracy --rows {options.rows} --many {options.many} --stride {options.stride}"
    yield f"- Made by `{command}` in {seconds / 60:.0f} minutes."
    yield f"- Machine: {_processor()}, {platform.system()}, Python {platform.python_version()}."
    yield "- Versions: " + ", ".join(f"{name} {_version(name)}" for name in _PACKAGES) + ".\n"


_PACKAGES = ("numpy", "scipy", "torch", "jax", "python-flint")


def _findings(cells: Sequence[Cell]) -> Iterator[str]:
    for name in CONTESTANTS:
        measured = [cell.errors[name] for cell in cells if name in cell.errors]
        if not measured:
            continue
        within = sum(errors.units <= CONDITIONED_BOUND for errors in measured)
        lost = sum(bool(errors.vanished) for errors in measured)
        wrong = sum(errors.units == math.inf for errors in measured)
        finite = [errors.units for errors in measured if errors.units < math.inf]
        yield (
            f"- {name}: {within} of {len(measured)} cells within {CONDITIONED_BOUND} ulp; the largest finite error is "
            f"{_number(max(finite, default=0.0))} ulp; in {lost} cells, results other than 0 were returned as 0; in "
            f"{wrong} cells, a result was infinite or nan and should have been finite, or the reverse."
        )


def _sweep(swept: Sequence[Swept]) -> Iterator[str]:
    if not swept:
        return
    yield f"## Over the float32 numbers\n\n{swept[0].numbers} finite numbers, evenly spread over all of them.\n"
    yield "| operator | form | library | worst error | at |"
    yield "| --- | --- | --- | ---: | ---: |"
    for row in swept:
        yield f"| {row.operator} | {row.form} | {row.library} | {_number(row.units)} | {row.at:.9g} |"
    yield ""


def _tables(cells: Sequence[Cell]) -> Iterator[str]:
    names = list(CONTESTANTS)
    for operator in dict.fromkeys(cell.operator for cell in cells):
        of_operator = [cell for cell in cells if cell.operator == operator]
        yield f"## {operator}\n"
        for dtype in dict.fromkeys(cell.dtype for cell in of_operator):
            here = [cell for cell in of_operator if cell.dtype == dtype]
            yield f"{dtype}; claimed: at most {bound(here[0]):g}.\n"
            yield "| region | form | " + " | ".join(names) + " |"
            yield "| --- | --- |" + " ---: |" * len(names)
            for region in dict.fromkeys(cell.region for cell in here):
                for cell in here:
                    if cell.region == region:
                        yield _line(cell, names)
            yield ""


def _line(cell: Cell, names: Sequence[str]) -> str:
    entries = " | ".join(_entry(cell.errors.get(name)) for name in names)
    return f"| {cell.region} | {cell.form} | {entries} |"


def _entry(errors: Errors | None) -> str:
    if errors is None:
        return "-"
    lost = f" ({errors.vanished} 0!)" if errors.vanished else ""
    return ("error" if errors.problem else _number(errors.units)) + lost


def _number(units: float) -> str:
    if units == math.inf:
        return "wrong"
    return f"{units:.1f}" if units < 1000 else f"{units:.0e}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0]}, {len(models)} cores" if models else platform.machine()
