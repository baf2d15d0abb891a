"""`chainrule check-code`: check a derivative in Python code."""

from __future__ import annotations

import ast
import re
from operator import attrgetter
from typing import Annotated, Any

import typer

from chainrule.cli.output import USAGE, CommandError, note, print_json
from chainrule.cli.user_modules import imported

_SHAPE = re.compile(r"\d+(x\d+)+|\(?\d+,\)?|\(\d+(, ?\d+)+\)")
PASSED, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit statuses of the checks."""


def check_code(
    target: Annotated[str, typer.Argument(help="package.module:function, or package.module:rule.")],
    gradient: Annotated[
        str | None, typer.Option(help="Name of the function that returns df/dx, if the function returns one number.")
    ] = None,
    jacobian: Annotated[
        str | None, typer.Option(help="Name of the function that returns the Jacobian, outputs x inputs.")
    ] = None,
    pullback: Annotated[str | None, typer.Option(help="Name of the function that returns J^T cotangent.")] = None,
    slope: Annotated[
        str | None, typer.Option(help="Name of the function that returns f'(x) of an elementwise function.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            help="One input: a number, a list such as '[[1.0, 2.0]]', a .npy file, or a shape to draw, such as 3x4 or "
            "'(3,)'."
        ),
    ] = None,
    bits: Annotated[int, typer.Option(min=64, help="The initial precision, in bits.")] = 300,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Check a derivative in Python code.

    If possible, the derivative is proved for all inputs that take the same branches; otherwise it is checked at the
    point against 300-bit difference quotients. If no derivative is named, the module of the function f is searched for
    f_gradient, f_jacobian, f_pullback, f_slope and similar names. Without --at, the inputs come from f_inputs, a tuple
    or a function that returns one.

    Exit status: 0 right, 1 wrong, 2 undecided, 3 nothing could be checked.
    """
    from chainrule.checking import check_gradient, check_rule
    from chainrule.rules import Rule

    module, name = _module_and_name(target)
    found = _attribute(module, name)
    inputs = _inputs(module, name, at)
    if isinstance(found, Rule) and len(inputs) != len(found.inputs):
        raise CommandError(f"{target} takes {', '.join(found.inputs)}; got {len(inputs)} inputs, see --at", UNREADABLE)
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
        raise CommandError(f"expected package.module:function, got {target!r}", USAGE)
    return imported(path, status=UNREADABLE), name


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
    from chainrule.checking.user_code.derivative_names import derivative_beside, names_tried

    given = {form: word for form, word in named.items() if word is not None}
    if len(given) > 1:
        raise CommandError(f"give one of --{' and --'.join(given)}", USAGE)
    found = next(iter(given.items()), None) or derivative_beside(
        name, lambda word: callable(getattr(module, word, None))
    )
    if found is None:
        raise CommandError(
            f"no derivative of {name} found beside it (tried {', '.join(names_tried(name))}); name one with "
            "--gradient, --jacobian, --pullback or --slope",
            UNREADABLE,
        )
    form, word = found
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

    if _SHAPE.fullmatch(text):
        return draw(position, tuple(map(int, re.findall(r"\d+", text))))
    if text.endswith(".npy"):
        try:
            return np.load(text, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise CommandError(f"--at {text}: {error}", UNREADABLE) from None
    try:
        value = ast.literal_eval(text)
        if isinstance(value, int):
            note(f"--at {text}: an integer has no derivative; write {text}.0 for a number, '({text},)' for a shape")
        return value if isinstance(value, int | float) else np.asarray(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise CommandError(
            f"--at {text!r}: expected a number, a list of numbers, a .npy file, or a shape such as 3x4 or (3,)", USAGE
        ) from None


def _print_report(report: Any, json: bool) -> int:
    """Print a report of `check_gradient` or `check_rule`, and return the exit code."""
    from chainrule.checking.plain_reports import plain_report

    if json:
        print_json(plain_report(report))
    else:
        print(f"{report.rule}: {report.verdict}\n{report}" if hasattr(report, "rule") else report)
    return {"pass": PASSED, "fail": WRONG, "unchecked": UNDECIDED}[report.verdict]
