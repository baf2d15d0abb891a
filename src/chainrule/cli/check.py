"""`chainrule check`: check a derivative in Python code, or each step of a written derivation."""

from __future__ import annotations

import ast
import importlib
import sys
from typing import Annotated, Any

import typer

from chainrule.cli.check_documents import FORMS, PASSED, UNDECIDED, UNREADABLE, WRONG, are_documents, check_documents
from chainrule.cli.errors import CommandError
from chainrule.cli.output import print_json

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
    jacobian: Annotated[str | None, typer.Option(help="Name of the function that returns J[output, input].")] = None,
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

    Functions are checked against 300-bit difference quotients. If no derivative is named, the module of the function f
    is searched for f_gradient, f_jacobian, f_pullback, f_slope and similar names. Without --at, the inputs come from
    f_inputs, a tuple or a function that returns one.

    Exit codes: 0 right, 1 wrong, 2 undecided, 3 nothing could be checked.
    """
    forms = zip(FORMS, (json, html, annotate, csv, suggest_preamble), strict=True)
    chosen = [form for form, wanted in forms if wanted]
    if are_documents(targets):
        if len(chosen) > 1:
            raise CommandError(f"give one of --{' and --'.join(c.replace('_', '-') for c in chosen)}", UNREADABLE)
        return check_documents(targets, preamble, strict, chosen[0] if chosen else None)
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
    except Exception as error:
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
    except Exception as error:
        raise CommandError(f"cannot import {path}: {type(error).__name__}: {error}", UNREADABLE) from None


def _attribute(module: Any, name: str) -> Any:
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise CommandError(f"{module.__name__} has no {name!r}", UNREADABLE)
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(f"{module.__name__}:{name} is a {type(found).__name__}, not a function", UNREADABLE)
    return found


def _claim(module: Any, name: str, named: dict[str, str | None]) -> dict[str, Any]:
    """The derivative by its form: the one that an option names, otherwise the first one with a usual name."""
    given = {form: word for form, word in named.items() if word is not None}
    if len(given) > 1:
        raise CommandError(f"give one of --{' and --'.join(given)}", UNREADABLE)
    if given:
        ((form, word),) = given.items()
        return {form: _attribute(module, word.rpartition(":")[2])}
    usual = [(form, pattern.format(name)) for form, patterns in NAMES.items() for pattern in patterns]
    for form, word in usual:
        if callable(getattr(module, word, None)):
            return {form: getattr(module, word)}
    raise CommandError(
        f"no derivative of {name} found beside it (tried {', '.join(word for _, word in usual)}); name one with "
        "--gradient, --jacobian, --pullback or --slope",
        UNREADABLE,
    )


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
        except (OSError, ValueError) as error:
            raise CommandError(f"--at {text}: {error}", UNREADABLE) from None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise CommandError(
            f"--at {text!r}: expected a number, a list of numbers, a .npy file, or a shape such as 3x4", UNREADABLE
        ) from None
    return value if isinstance(value, int | float) else np.asarray(value)


def _print_report(report: Any, json: bool) -> int:
    """Print a report of `check_gradient` or `check_rule`, and return the exit code."""
    verdict, code = "unchecked", UNDECIDED
    if report.failures:
        verdict, code = "fail", WRONG
    elif getattr(report, "checked", 0) or getattr(report, "passed", ()):
        verdict, code = "pass", PASSED
    if json:
        failures = [{"entry": f.entry, "got": f.got, "expected": f.expected} for f in report.failures]
        unchecked = [reason.reason for reason in report.unchecked]
        print_json({"verdict": verdict, "failures": failures, "slip": report.slip, "unchecked": unchecked})
    else:
        print(f"{report.rule}: {verdict}\n{report}" if hasattr(report, "rule") else report)
    return code
