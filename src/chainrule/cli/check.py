"""`chainrule check`: check a derivative in Python code, or each step of a written derivation."""

from __future__ import annotations

import ast
import importlib
import json as json_module
import sys
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.output import CommandError, print_json

if TYPE_CHECKING:
    from chainrule.checking.documents import Report

PASSED, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit codes of `chainrule check`."""
ENDINGS = (".md", ".markdown", ".tex", ".ipynb", ".txt")
NAMES = {
    "gradient": ("{}_gradient", "{}_grad", "grad_{}", "gradient_{}"),
    "jacobian": ("{}_jacobian", "{}_jac", "jac_{}", "jacobian_{}"),
    "pullback": ("{}_pullback", "{}_vjp", "{}_backward", "backward_{}", "vjp_{}"),
    "slope": ("{}_slope", "{}_derivative", "{}_prime", "d_{}", "d{}"),
}
"""Names under which a derivative is searched for; {} is the function's name."""


def check(
    targets: Annotated[
        list[str],
        typer.Argument(help="Documents or folders with documents; or package.module:function, or package.module:rule."),
    ],
    gradient: Annotated[
        str | None, typer.Option(help="Name of the function that returns df/dx of a function with one number as value.")
    ] = None,
    jacobian: Annotated[
        str | None, typer.Option(help="Name of the function that returns the Jacobian, outputs x inputs.")
    ] = None,
    pullback: Annotated[str | None, typer.Option(help="Name of the function of (inputs, cotangent).")] = None,
    slope: Annotated[
        str | None, typer.Option(help="Name of the function that returns f'(x) of an elementwise function.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            help="One input: a number, a list such as '[[1.0, 2.0]]', a .npy file, or a shape such as 3x4 to draw."
        ),
    ] = None,
    bits: Annotated[int, typer.Option(min=64, help="The precision to start with.")] = 300,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Documents: print a page with MathML.")] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Documents: print the input with comments.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Documents: print a table, one row per file.")] = False,
    suggest_preamble: Annotated[
        bool, typer.Option("--suggest-preamble", help="Documents: print declarations for undeclared names.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Documents: count unstated assumptions and repaired input as undecided.")
    ] = False,
    preamble: Annotated[str | None, typer.Option(help="Documents: a file with declarations for all documents.")] = None,
) -> int:
    """Check a written derivation step by step, or a derivative in Python code.

    Documents (Markdown, LaTeX, notebooks, text) get a verdict for each step, and a correction for a wrong step. Exit
    codes: 0 all steps verified, 1 a step is wrong, 2 no step is wrong and one is undecided, 3 unreadable.

    Functions are proved for all inputs that take the same branches where that is possible, and else checked at the
    point against 300-bit difference quotients. If no derivative is named, the module of the function f
    is searched for f_gradient, f_jacobian, f_pullback, f_slope and similar names. Without --at, the inputs come from
    f_inputs, a tuple or a function that returns one.

    Exit codes: 0 right, 1 wrong, 2 undecided, 3 nothing could be checked.
    """
    if any(Path(target).exists() or target.lower().endswith(ENDINGS) for target in targets):
        forms = {"json": json, "html": html, "annotate": annotate, "csv": csv, "suggest-preamble": suggest_preamble}
        chosen = [form for form, wanted in forms.items() if wanted]
        if len(chosen) > 1:
            raise CommandError(f"give one of --{' and --'.join(chosen)}", UNREADABLE)
        return _check_documents(targets, preamble, strict, chosen[0] if chosen else None)
    if len(targets) > 1:
        raise CommandError(f"one function at a time; got {', '.join(targets)}", UNREADABLE)
    from chainrule.checking import check_gradient, check_rule
    from chainrule.rules import Rule

    module, name = _module_and_name(targets[0])
    found = _attribute(module, name)
    inputs = _inputs(module, name, at)
    if isinstance(found, Rule) and len(inputs) != len(found.inputs):
        raise CommandError(
            f"{targets[0]} takes {', '.join(found.inputs)}; got {len(inputs)} inputs, see --at", UNREADABLE
        )
    named = {"gradient": gradient, "jacobian": jacobian, "pullback": pullback, "slope": slope}
    claim = {} if isinstance(found, Rule) else _claim(module, name, named)
    checking: Any = check_rule if isinstance(found, Rule) else check_gradient
    try:
        report = checking(found, *inputs, bits=bits, **claim)
    except Exception as error:  # the user's code may raise anything
        raise CommandError(f"{type(error).__name__}: {error}", UNREADABLE) from None
    return _print_report(report, json)


def _module_and_name(target: str) -> tuple[Any, str]:
    """The module and the name in "package.module:name"."""
    path, _, name = target.partition(":")
    if not path or not name:
        raise CommandError(f"expected package.module:function, got {target!r}", UNREADABLE)
    if "" not in sys.path:
        sys.path.insert(0, "")  # import modules of the current folder
    try:
        return importlib.import_module(path), name
    except Exception as error:  # the user's module may raise anything
        raise CommandError(f"cannot import {path}: {type(error).__name__}: {error}", UNREADABLE) from None


def _attribute(module: Any, name: str) -> Any:
    try:
        found = attrgetter(name)(module)
    except AttributeError:
        raise CommandError(f"{module.__name__} has no {name!r}", UNREADABLE) from None
    if not callable(found):
        raise CommandError(f"{module.__name__}:{name} is a {type(found).__name__}, not a function", UNREADABLE)
    return found


def _claim(module: Any, name: str, named: dict[str, str | None]) -> dict[str, Any]:
    """The derivative by its form: the one that an option names, otherwise the first one with a usual name."""
    given = {form: word for form, word in named.items() if word is not None}
    if len(given) > 1:
        raise CommandError(f"give one of --{' and --'.join(given)}", UNREADABLE)
    usual = [(form, pattern.format(name)) for form, patterns in NAMES.items() for pattern in patterns]
    found = list(given.items()) or [(form, word) for form, word in usual if callable(getattr(module, word, None))]
    if not found:
        raise CommandError(
            f"no derivative of {name} found beside it (tried {', '.join(word for _, word in usual)}); name one with "
            "--gradient, --jacobian, --pullback or --slope",
            UNREADABLE,
        )
    form, word = found[0]
    return {form: _attribute(module, word.rpartition(":")[2])}


def _inputs(module: Any, name: str, at: list[str] | None) -> tuple[Any, ...]:
    if at:
        return tuple(_input(text, position) for position, text in enumerate(at))
    given = getattr(module, f"{name}_inputs", None)
    given = given() if callable(given) else given
    if given is None:
        raise CommandError(f"where to check? Give --at once for each input, or define {name}_inputs", UNREADABLE)
    return given if isinstance(given, tuple) else (given,)


def _input(text: str, position: int) -> Any:
    import numpy as np

    from chainrule.checking.case import draw

    parts = text.split("x")
    if all(part.isdigit() for part in parts) and len(parts) > 1:
        return draw(position, tuple(map(int, parts)))
    if text.endswith(".npy"):
        try:
            return np.load(text, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise CommandError(f"--at {text}: {error}", UNREADABLE) from None
    try:
        value = ast.literal_eval(text)
        return value if isinstance(value, int | float) else np.asarray(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise CommandError(
            f"--at {text!r}: expected a number, a list of numbers, a .npy file, or a shape such as 3x4", UNREADABLE
        ) from None


def _print_report(report: Any, json: bool) -> int:
    """Print a report of `check_gradient` or `check_rule`, and return the exit code."""
    if json:
        failures = [{"entry": f.entry, "got": f.got, "expected": f.expected} for f in report.failures]
        unchecked = [reason.reason for reason in report.unchecked]
        proof = report.proof.claim if report.proof else None
        found = {"verdict": report.verdict, "proof": proof, "failures": failures}
        print_json({**found, "slip": report.slip, "unchecked": unchecked})
    else:
        print(f"{report.rule}: {report.verdict}\n{report}" if hasattr(report, "rule") else report)
    return {"pass": PASSED, "fail": WRONG, "unchecked": UNDECIDED}[report.verdict]


def _check_documents(targets: Sequence[str], preamble: str | None, strict: bool, form: str | None) -> int:
    """Check documents, print the result in one form, and return the exit code."""
    from chainrule.checking.documents import Unreadable, check_derivation
    from chainrule.checking.documents.document import failure

    try:
        declarations = _read(Path(preamble)) if preamble is not None else None
    except Unreadable as error:
        raise CommandError(f"{preamble}: {error}", UNREADABLE) from None
    reports: list[Report] = []
    refused: list[tuple[str, str]] = []
    for path in _paths(targets):
        try:
            repairs = form != "suggest-preamble"
            reports.append(check_derivation(_read(path), declarations, name=str(path), repairs=repairs))
        except Unreadable as error:
            refused.append((str(path), str(error)))
    codes = [report.strict_exit_code if strict else report.exit_code for report in reports]
    try:
        text = _printed(reports, refused, form)
    except Unreadable as error:
        raise CommandError(str(error), UNREADABLE) from None
    except Exception as error:  # a defect of chainrule
        raise CommandError(failure(error), WRONG if WRONG in codes else UNDECIDED) from None
    if text:
        print(text)
    if refused and form not in ("json", "csv"):
        raise CommandError("; ".join(f"{name}: {reason}" for name, reason in refused), UNREADABLE)
    if WRONG in codes:
        return WRONG
    return UNREADABLE if refused else max(codes, default=UNREADABLE)


def _paths(targets: Sequence[str]) -> list[Path]:
    """The given files, and the documents inside the given folders."""
    found: list[Path] = []
    for path in map(Path, targets):
        if not path.exists():
            raise CommandError(f"{path}: no such file", UNREADABLE)
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        if path.is_dir() and not inside:
            raise CommandError(f"{path}: no document in this folder (looked for {', '.join(ENDINGS)})", UNREADABLE)
        found += inside if path.is_dir() else [path]
    return found


def _read(path: Path) -> str:
    from chainrule.checking.documents import Unreadable

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("this is not UTF-8 text") from None
    except OSError as error:
        raise Unreadable(error.strerror) from None


def _printed(reports: list[Report], refused: list[tuple[str, str]], form: str | None) -> str:
    """The reports in one form. Only the forms json and csv contain the documents that could not be read."""
    from chainrule.checking.documents import outputs

    if form == "json":
        documents = [report.to_json() for report in reports]
        documents += [{"name": name, "error": reason, "exit_code": UNREADABLE} for name, reason in refused]
        return json_module.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=1)
    if form == "csv":
        return outputs.table([*reports, *refused]).rstrip("\n")
    if form == "html":
        return outputs.page(reports).rstrip("\n")
    written = {"annotate": outputs.annotated, "suggest-preamble": outputs.suggested}.get(form or "", str)
    return ("\n" if form else "\n\n").join(map(written, reports))
