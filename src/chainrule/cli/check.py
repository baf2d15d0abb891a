"""`chainrule check`: check a derivative in Python code, or each step of a written derivation."""

from __future__ import annotations

import ast
import importlib
import json as json_module
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.checking import GradientReport as Report
    from chainrule.checking import RuleReport

PASSED, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit codes."""

# Names under which a derivative is searched for; {} stands for the function's name.
NAMES = {
    "gradient": ("{}_gradient", "{}_grad", "grad_{}", "gradient_{}"),
    "jacobian": ("{}_jacobian", "{}_jac", "jac_{}", "jacobian_{}"),
    "pullback": ("{}_pullback", "{}_vjp", "{}_backward", "backward_{}", "vjp_{}"),
    "slope": ("{}_slope", "{}_derivative", "{}_prime", "d_{}", "d{}"),
}


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
    from chainrule.cli.check_documents import FORMS, are_documents, check_documents
    from chainrule.rules import Rule

    forms = dict(zip(FORMS, (json, html, annotate, csv, suggest_preamble), strict=True))
    chosen = [form for form, wanted in forms.items() if wanted]
    if are_documents(targets):
        if len(chosen) > 1:
            raise CommandError(f"give one of --{' and --'.join(c.replace('_', '-') for c in chosen)}", UNREADABLE)
        return check_documents(targets, preamble, strict, chosen[0] if chosen else None)
    if len(targets) > 1:
        raise CommandError(f"one function at a time; got {', '.join(targets)}", UNREADABLE)
    (target,) = targets
    module, name, found = _found(target)
    inputs = _inputs(module, name, at)
    if isinstance(found, Rule):
        from chainrule.checking import check_rule

        if len(inputs) != len(found.inputs):
            raise CommandError(
                f"{target} takes {', '.join(found.inputs)}; got {len(inputs)} inputs, see --at", UNREADABLE
            )
        return _told(_run(lambda: check_rule(found, *inputs, bits=bits)), json)
    named = {"gradient": gradient, "jacobian": jacobian, "pullback": pullback, "slope": slope}
    claim = _claim(module, name, {form: word for form, word in named.items() if word is not None})
    from chainrule.checking import check_gradient

    return _told(_run(lambda: check_gradient(found, *inputs, bits=bits, **claim)), json)


def _found(target: str) -> tuple[Any, str, Any]:
    """The module, the name and the object of a target "module:name"."""
    path, colon, name = target.partition(":")
    if not colon or not path or not name:
        raise CommandError(f"expected package.module:function, got {target!r}", UNREADABLE)
    if "" not in sys.path:
        sys.path.insert(0, "")  # import modules of the current folder
    try:
        module = importlib.import_module(path)
    except Exception as error:
        raise CommandError(f"cannot import {path}: {type(error).__name__}: {error}", UNREADABLE) from None
    return module, name, _attribute(module, name)


def _attribute(module: Any, name: str) -> Any:
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise CommandError(f"{module.__name__} has no {name!r}", UNREADABLE)
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(f"{module.__name__}:{name} is a {type(found).__name__}, not a function", UNREADABLE)
    return found


def _claim(module: Any, name: str, named: dict[str, str]) -> dict[str, Any]:
    if len(named) > 1:
        raise CommandError(f"give one of --{' and --'.join(named)}", UNREADABLE)
    if named:
        form, word = next(iter(named.items()))
        return {form: _attribute(module, word.rpartition(":")[2])}
    tried = []
    for form, patterns in NAMES.items():
        for pattern in patterns:
            word = pattern.format(name)
            if callable(getattr(module, word, None)):
                return {form: getattr(module, word)}
            tried.append(word)
    raise CommandError(
        f"no derivative of {name} found beside it (tried {', '.join(tried)}); name one with --gradient, --jacobian, "
        "--pullback or --slope",
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


def _run(checking: Callable[[], Any]) -> Any:
    try:
        return checking()
    except Exception as error:
        raise CommandError(f"{type(error).__name__}: {error}", UNREADABLE) from None


def _told(report: Report | RuleReport, json: bool) -> int:
    """Print a report and return the exit code."""
    from chainrule.checking import GradientReport

    wrong = bool(report.failures)
    passed = bool(getattr(report, "checked", 0) or getattr(report, "passed", ()))
    verdict = "fail" if wrong else "pass" if passed else "unchecked"
    if json:
        failures = [{"entry": f.entry, "got": f.got, "expected": f.expected} for f in report.failures]
        unchecked = [reason.reason for reason in report.unchecked]
        found = {"verdict": verdict, "failures": failures, "slip": report.slip, "unchecked": unchecked}
        print(json_module.dumps(found))
    elif isinstance(report, GradientReport):
        print(report)
    else:
        print(f"{report.rule}: {verdict}\n{report}")
    return {"pass": PASSED, "fail": WRONG, "unchecked": UNDECIDED}[verdict]
