"""The atlas as a page of Markdown: what it shows in plain words, then a table for every operator."""

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
"""What tanh, sigmoid, softplus and log-sigmoid are held to, whatever their input."""

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
    """The largest error that the rule claims there, in units in the last place of an entry's size."""
    if cell.operator in ("tanh", "sigmoid", "softplus", "log_sigmoid"):
        return ELEMENTWISE[cell.dtype]
    if cell.operator in FAMILY:
        return float(CONDITIONED_BOUND)
    claimed = rules.get(RULES.get(cell.operator, cell.operator)).error_bound
    return math.inf if claimed is None else float(claimed)


def missed(cell: Cell) -> list[str]:
    """In what our two contestants fall short in one cell: beyond the bound and worse than a peer, or digits lost."""
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
            found.append(f"{where}: {_number(errors.units)} units, beyond {bound(cell):g}{beaten}")
        if errors.vanished:
            found.append(f"{where}: {errors.vanished} results that are not 0 came out as 0")
    return found


def document(cells: Sequence[Cell], swept: Sequence[Swept], options: argparse.Namespace, seconds: float) -> str:
    """The whole page."""
    return "\n".join([*_summary(cells, options, seconds), *_sweep(swept), *_tables(cells)]) + "\n"


def _summary(cells: Sequence[Cell], options: argparse.Namespace, seconds: float) -> Iterator[str]:
    misses = [line for cell in cells for line in missed(cell)]
    yield "# How accurate the operators are\n"
    yield (
        "Worst errors of every operator, of its value (forward), its pullback (vector-Jacobian product) and its "
        "pushforward (Jacobian-vector product), against ball arithmetic of 300 bits and more, on the same inputs for "
        "every library. chainrule's are those of the public calls, `rule(x)`, `rule.vjp` and `rule.jvp`.\n"
    )
    yield "## What it shows\n"
    yield from _findings(cells)
    total = sum(name in cell.errors for cell in cells for name in OURS)
    if misses:
        yield f"- Of {total} cells of chainrule's, these miss what is claimed for them:"
        yield from (f"  - {line}" for line in misses)
    else:
        yield f"- All {total} cells of chainrule's keep the bounds claimed for them."
    yield "\n## How to read it\n"
    yield (
        "A number is the largest error of a cell's entries, in units in the last place; a correctly rounded result has "
        "at most 0.5. An entry that is a sum with cancellation is measured in the last place of the sum of the "
        "magnitudes of its terms, so that a condition number costs nobody. In the derivatives an exponential below "
        "the smallest normal number counts as that number. `wrong` marks a result that is infinite or nan and should "
        "not be, or should be and is not. `0!` follows the number of entries that came out as 0 although they are not, "
        "at condition numbers below 1 / (8 u). A dash: the library has no such function. SciPy has no derivatives; "
        "PyTorch's and JAX's are those of their own automatic differentiation.\n"
    )
    yield (
        "Vectors are uneven with both signs, and nearly constant, which cancels; `huge vectors` reach the largest "
        "float. Infinite logits are read as limits (`chainrule.rules.shifted` states the rule); the others mostly "
        "give nan there, which counts as wrong. Of rows of very many classes 41 entries are compared, sums are "
        "over all classes, and the vector is the uneven one.\n"
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
            f"- {name}: {within} of {len(measured)} cells within {CONDITIONED_BOUND} units; the worst finite error is "
            f"{_number(max(finite, default=0.0))} units; in {lost} cells results that are not 0 came out as 0, in "
            f"{wrong} a result was infinite or nan and should not have been, or the other way round."
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
