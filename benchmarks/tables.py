"""`python -m benchmarks.tables`: write the tables of docs/benchmarks.md anew from the figures in `benchmarks/results`.

Each benchmark writes its figures with `--json benchmarks/results/NAME.json`. The table of NAME stands between two
comments, `<!-- NAME -->` and `<!-- end of NAME -->`. Each time has the objective beside it that its side had reached.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIMIT = "limit, NumPy"
MLP_COLUMNS = {
    "chainrule, NumPy": "NumPy arrays",
    "chainrule, PyTorch arrays": "PyTorch arrays",
    "scikit-learn": "scikit-learn",
    "PyTorch eager": "PyTorch eager",
    "torch.compile": "`torch.compile`",
    "JAX, jitted epoch": "JAX",
    "bare products, NumPy": "bare, NumPy",
    "bare products, PyTorch": "bare, PyTorch",
    LIMIT: "limit",
}
CONV_COLUMNS = {
    "chainrule, NumPy": "NumPy arrays",
    "chainrule, PyTorch arrays": "PyTorch arrays",
    "PyTorch eager": "PyTorch eager",
    "torch.compile": "`torch.compile`",
    "JAX, jitted epoch": "JAX",
    "Keras on JAX": "Keras on JAX",
    "bare products, NumPy": "bare, NumPy",
    "bare products, PyTorch": "bare, PyTorch",
}


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table.

    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows])


def rounded(number: float) -> str:
    """Three digits at most.

    >>> rounded(0.7312), rounded(33.62), rounded(152.7)
    ('0.73', '33.6', '153')
    """
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def mlp(found: dict[str, Any]) -> str:
    """Milliseconds per epoch, ratios to chainrule on NumPy arrays, and losses."""
    figures = found["figures"]
    columns = [name for name in MLP_COLUMNS if any(name in figure["ms"] for figure in figures)]
    rows = []
    for figure in figures:
        times, losses = figure["ms"], figure["loss"]
        ours = times["chainrule, NumPy"]
        row = [f"{figure['shape']}, {figure['batch']}"]
        for name in columns:
            if name not in times:
                row.append("not run")
                continue
            cell = rounded(times[name])
            if name == LIMIT:
                cell += f" ({times[name] / ours:.0%} reached)"
            elif name in losses:
                ratio = "" if name == "chainrule, NumPy" else f"{times[name] / ours:.2f}; "
                cell += f" ({ratio}loss {losses[name]:.4f})"
            row.append(cell)
        rows.append(row)
    return markdown(["network, batch size", *(MLP_COLUMNS[name] for name in columns)], rows)


def sweep(found: dict[str, Any]) -> str:
    """Seconds of a search, and what the networks had reached."""
    middle = {name: sorted(times)[len(times) // 2] for name, times in found["seconds"].items()}
    ours = middle["MLPSearchCV"]
    rows = []
    for name, seconds in middle.items():
        reached = found["found"][name]
        rows.append(
            [
                name,
                f"{rounded(seconds)} ({seconds / ours:.1f})",
                f"{reached['loss']:.5f}",
                f"{reached['accuracy']:.4f}",
                f"{reached['epochs']}",
            ]
        )
    return markdown(["search", "seconds", "mean final loss", "mean accuracy of the folds", "epochs"], rows)


def tabular(found: dict[str, Any]) -> str:
    """Error and log-loss against scikit-learn's network, ranks, calibration and CPU seconds."""
    return markdown(found["header"], found["lines"])


def conv(found: dict[str, Any]) -> str:
    """Milliseconds per epoch, ratios to PyTorch eager, and losses."""
    figures = found["figures"]
    columns = [name for name in CONV_COLUMNS if any(name in figure["ms"] for figure in figures)]
    rows = []
    for figure in figures:
        times, losses = figure["ms"], figure["loss"]
        eager = times["PyTorch eager"]
        row = [f"{figure['shape']}, {figure['batch']}"]
        for name in columns:
            if name in losses:
                row.append(f"{rounded(times[name])} ({times[name] / eager:.2f}; loss {losses[name]:.3f})")
            else:
                row.append(rounded(times[name]) if name in times else "not run")
        rows.append(row)
    return markdown(["network, batch size", *(CONV_COLUMNS[name] for name in columns)], rows)


def conv_memory(found: dict[str, Any]) -> str:
    """MiB by which a process grows in training."""
    figures = found["figures"]
    columns = [name for name in CONV_COLUMNS if any(name in figure["MiB"] for figure in figures)]
    rows = [
        [
            f"{figure['shape']}, {figure['batch']}",
            *(rounded(figure["MiB"][name]) if name in figure["MiB"] else "not run" for name in columns),
        ]
        for figure in figures
    ]
    return markdown(["network, batch size", *(CONV_COLUMNS[name] for name in columns)], rows)


def softmax_regression(found: list[dict[str, Any]]) -> str:
    """Seconds until a fit is at the optimum, ratios to chainrule, and by how much each objective is above the best."""
    fits = [entry for entry in found if "C" in entry and not entry["contestant"].startswith("path")]
    columns = list(dict.fromkeys(entry["contestant"] for entry in fits))
    rows = []
    for case, C in dict.fromkeys((entry["case"], entry["C"]) for entry in fits):
        entries = {entry["contestant"]: entry for entry in fits if (entry["case"], entry["C"]) == (case, C)}
        best = min(entry["objective"] for entry in entries.values() if "objective" in entry)
        ours, row = entries["chainrule"]["seconds"], [f"{case}, {C:g}", rounded(entries["chainrule"]["bare"])]
        for name in columns:
            entry = entries.get(name, {"reason": "not run"})
            if "seconds" in entry:
                ratio = "" if name == "chainrule" else f"{entry['seconds'] / ours:.1f}; "
                row.append(f"{rounded(entry['seconds'])} ({ratio}+{entry['objective'] / best - 1:.0e})")
            else:
                row.append(entry["reason"].split(", accuracy")[0].replace(" above the optimum", " above"))
        rows.append(row)
    return markdown(["data, C", "bare products", *columns], rows)


def softmax_path(found: list[dict[str, Any]]) -> str:
    """Seconds of a cross-validation, and how near each of its fits comes to the optimum."""
    paths = [entry for entry in found if entry["contestant"].startswith("path, ")]
    ours, rows = paths[0]["seconds"], []
    for entry in paths:
        above = [excess for fold in entry["above"] for excess in fold]
        rows.append(
            [
                entry["contestant"].removeprefix("path, "),
                f"{rounded(entry['seconds'])} ({entry['seconds'] / ours:.1f})",
                f"{sum(excess <= 1e-4 for excess in above)} of {len(above)}",
                f"{max(above):.1e}",
                f"{entry['C']:.3g}",
                f"{entry['score']:.4f}",
            ]
        )
    header = ["", "seconds", "fits within 1e-4 of the optimum", "the worst fit is above it by", "best C"]
    return markdown([*header, "its mean log-likelihood"], rows)


def defaults(found: list[dict[str, Any]]) -> str:
    """Milliseconds of fits with default settings, ratios to chainrule, and how far each ends above the optimum."""
    columns = list(found[0]["results"])
    rows = []
    for case in found:
        (n, d), ours = case["shape"], case["results"]["chainrule"]["ms"]
        row = [f"{case['case']} ({n} x {d}, {case['classes']} classes), {case['C']:g}"]
        for name in columns:
            ms, above = case["results"][name]["ms"], max(case["results"][name]["above"], 0.0)
            ratio = "" if name == "chainrule" else f"{ms / ours:.1f}; "
            row.append(f"{rounded(ms)} ({ratio}+{above:.0e})")
        rows.append(row)
    return markdown(["data, C", *columns], rows)


TABLES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "mlp": ("mlp", mlp),
    "conv": ("conv", conv),
    "conv memory": ("conv_memory", conv_memory),
    "softmax regression": ("softmax_regression", softmax_regression),
    "softmax path": ("softmax_regression", softmax_path),
    "defaults": ("defaults", defaults),
    "sweep": ("sweep", sweep),
    "tabular": ("tabular", tabular),
}
"""By the name of its place on the page, each table's file of figures and its maker."""


def with_tables(text: str, tables: dict[str, str]) -> str:
    """The text with each table between its two comments.

    Raises
    ------
    ValueError
        If a table has no place in the text.

    Examples
    --------
    >>> print(with_tables("<!-- a -->\\nold\\n<!-- end of a -->", {"a": "new"}))
    <!-- a -->
    new
    <!-- end of a -->
    """
    for name, table in tables.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
        if len(place.findall(text)) != 1:
            raise ValueError(f"expected one place for the table {name!r}: <!-- {name} --> ... <!-- end of {name} -->")
        text = place.sub(lambda match, table=table: match[1] + table + match[2], text)
    return text


def made() -> dict[str, str]:
    """The tables whose figures are stored."""
    return {
        name: make(json.loads(path.read_text()))
        for name, (file, make) in TABLES.items()
        if (path := HERE / "results" / f"{file}.json").exists()
    }


def main(page: Path = HERE.parent / "docs" / "benchmarks.md") -> None:
    """Write the tables, and say which."""
    tables = made()
    page.write_text(with_tables(page.read_text(), tables))
    print(f"{page.name}: {', '.join(tables)}", file=sys.stderr)


if __name__ == "__main__":
    main()
