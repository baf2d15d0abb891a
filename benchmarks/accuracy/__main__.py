"""`python -m benchmarks.accuracy`: the largest error of each operator against balls, compared with other libraries.

Writes the tables to docs/reference/accuracy.md (or --out), and every figure to --json FILE.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.accuracy.measuring import OPERATORS, Cell, cells
from benchmarks.accuracy.regions import MANY
from benchmarks.accuracy.report import document
from benchmarks.accuracy.sweep import sweep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operators", nargs="*", help="names; all of them unless given")
    parser.add_argument("--rows", type=int, default=12, help="rows of a region")
    parser.add_argument("--many", type=int, default=MANY, help="classes of the widest region, 0 for none")
    parser.add_argument("--stride", type=int, default=97, help="of float32 numbers, every how many are swept; 0: none")
    parser.add_argument("--out", type=Path, default=Path("docs/reference/accuracy.md"))
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    start = time.perf_counter()
    wanted = [operator for operator in OPERATORS if options.operators is None or operator.name in options.operators]
    measured: list[Cell] = []
    for cell in cells(wanted, rows=options.rows, many=options.many):
        measured.append(cell)
        shown = "  ".join(f"{name} {errors.units:.3g}" for name, errors in cell.errors.items())
        print(f"{cell.operator} {cell.form} {cell.dtype} {cell.region}: {shown}", flush=True)
    swept = sweep(options.stride) if options.stride else []
    seconds = time.perf_counter() - start
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(document(measured, swept, options, seconds))
    if options.json:
        figures = {"cells": [asdict(cell) for cell in measured], "float32 sweep": [asdict(row) for row in swept]}
        # Strict JSON knows no infinity: an infinitely wrong entry is the string "inf".
        lists = (f"{json.dumps(name)}: [\n{_lines(rows)}\n]" for name, rows in figures.items())
        options.json.write_text("{\n" + ",\n".join(lists) + "\n}\n")


def _lines(rows: list[dict[str, object]]) -> str:
    """A line for each row."""
    return ",\n".join(json.dumps(_finite(row), separators=(",", ":"), allow_nan=False) for row in rows)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if value == float("inf"):
        return "inf"
    return float(f"{value:.9g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
