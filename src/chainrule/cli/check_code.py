"""`chainrule check-code`: check a derivative in Python code, in a child process with a limit of time."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.output import USAGE, CommandError, note, print_json
from chainrule.cli.user_modules import imported

_SHAPE = re.compile(r"\d+(x\d+)+|\(?\d+,\)?|\(\d+(, ?\d+)+\)")
PASSED, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit statuses of the checks."""

MEGABYTES = 64_000
"""Address space for the code: PyTorch and JAX reserve many times what they use."""


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
    by: Annotated[
        str | None,
        typer.Option(
            help="Names of the inputs with a derivative, such as W1,b1; the others are data and are not varied."
        ),
    ] = None,
    bits: Annotated[int, typer.Option(min=64, help="The initial precision, in bits.")] = 300,
    seconds: Annotated[float, typer.Option(min=0.1, help="Maximum seconds for the check.")] = 120.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Check a derivative in Python code.

    If possible, the derivative is proved for all inputs that take the same branches; otherwise it is checked at the
    point against 300-bit difference quotients. If no derivative is named, the module of the function f is searched for
    f_gradient, f_jacobian, f_pullback, f_slope and similar names. Without --at, the inputs come from f_inputs, a tuple
    or a function that returns one.

    The module is imported and its functions are called with all your rights, in a process that ends after --seconds:
    do not run code that you do not trust. For such code there is `chainrule mcp --allow-code`, which locks it in.

    Exit status: 0 right, 1 wrong, 2 undecided, 3 nothing could be checked, 64 the command was used wrongly.
    """
    named = {"gradient": gradient, "jacobian": jacobian, "pullback": pullback, "slope": slope}
    given = {"target": target, "named": named, "at": at or [], "by": by, "bits": bits, "folder": str(Path.cwd())}
    told = _in_child(given, seconds)
    for text in told["notes"]:
        note(text)
    if "error" in told:
        raise CommandError(told["error"], told["status"])
    if json:
        print_json(told["report"])
    else:
        print(told["text"])
    return {"pass": PASSED, "fail": WRONG, "unchecked": UNDECIDED}[told["report"]["verdict"]]


def found_in_child(folder: str, **given: Any) -> dict[str, Any]:
    """The notes of a check in a folder, with a report and its text, or with an error and its exit status."""
    os.chdir(folder)
    notes = list[str]()
    try:
        return {**_found(notes, **given), "notes": notes}
    except CommandError as error:
        return {"error": str(error), "status": error.status, "notes": notes}


# What follows is private.


def _in_child(given: dict[str, Any], seconds: float) -> dict[str, Any]:
    import asyncio
    import multiprocessing

    from chainrule.servers.child_process import Limits, TaskFailed, result_of

    if "forkserver" not in multiprocessing.get_all_start_methods():  # such a system cannot limit a process
        return found_in_child(**given)
    try:
        return asyncio.run(result_of(found_in_child, given, Limits(seconds, MEGABYTES)))
    except TaskFailed as error:
        more = "; the code may not end, or needs more: --seconds N" if str(error).startswith("no result") else ""
        raise CommandError(f"{error}{more}", UNREADABLE) from None


def _found(
    notes: list[str], target: str, named: dict[str, str | None], at: Sequence[str], by: str | None, bits: int
) -> dict[str, Any]:
    from chainrule.checking import check_gradient, check_rule
    from chainrule.checking.plain_reports import plain_report
    from chainrule.rules import Rule

    module, name = _module_and_name(target)
    function = _attribute(module, name)
    # A rule takes whole numbers as floats, apart from labels, so that there is nothing to note.
    inputs = _inputs(module, name, at, [] if isinstance(function, Rule) else notes)
    if isinstance(function, Rule):
        if by is not None:
            raise CommandError("--by is for functions; a rule knows by which inputs it has derivatives", USAGE)
        if len(inputs) != len(function.inputs):
            takes = f"{target} takes {', '.join(function.inputs)}"
            raise CommandError(f"{takes}; got {len(inputs)} inputs, see --at", USAGE if at else UNREADABLE)
        claim = dict[str, Any]()
    else:
        claim = _claim(module, name, named)
        _try_call(function, inputs, USAGE if at else UNREADABLE)
    names, given = _names(function, inputs), ""
    if by is not None:
        given = _as_given(names, by)
        function, claim, inputs = _by_some(function, claim, inputs, names, by)
    try:
        checking: Any = check_rule if isinstance(function, Rule) else check_gradient
        report = checking(function, *inputs, bits=bits, **claim)
    except (TypeError, ValueError) as error:  # the inputs do not fit
        raise CommandError(f"{type(error).__name__}: {error}", USAGE if at else UNREADABLE) from None
    except Exception as error:  # the user's code may raise anything
        raise CommandError(f"{type(error).__name__}: {error}", UNREADABLE) from None
    if given and report.proof is not None:
        report = replace(report, proof=replace(report.proof, options=given))
    notes += _advice(report, inputs, names) if by is None else []
    text = f"{report.rule}: {report.verdict}\n{report}" if hasattr(report, "rule") else str(report)
    return {"report": plain_report(report), "text": text}


def _names(function: Any, inputs: Sequence[Any]) -> tuple[str, ...]:
    from chainrule.checking.gradients.claims import input_names

    return input_names(function, len(inputs))


def _try_call(function: Any, inputs: Sequence[Any], status: int) -> None:
    """Call the function once; inputs of a wrong number, order or shape are no fault of its derivative."""
    import numpy as np

    from chainrule.checking.gradients.claims import copied

    try:
        with np.errstate(all="ignore"):
            function(*map(copied, inputs))
    except (TypeError, ValueError, IndexError) as error:
        try:
            wanted = ", ".join(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            wanted = "other inputs"
        got = ", ".join(f"shape {np.shape(x)}" if np.ndim(x) else "a number" for x in inputs)
        told = f"{function.__name__} takes {wanted}; it cannot be called with {got}"
        raise CommandError(f"{told}: {type(error).__name__}: {error}", status) from None
    except Exception as error:  # the user's code may raise anything
        raise CommandError(f"{type(error).__name__}: {error}", UNREADABLE) from None


def _by_some(
    function: Any, claim: dict[str, Any], inputs: tuple[Any, ...], names: tuple[str, ...], by: str
) -> tuple[Any, dict[str, Any], tuple[Any, ...]]:
    """The function and its derivative of some inputs alone, with those inputs."""
    from chainrule.checking.gradients.claims import copied

    chosen = [word.strip() for word in by.split(",")]
    if unknown := [word for word in chosen if word not in names]:
        raise CommandError(f"--by {by}: expected names among {', '.join(names)}, got {unknown[0]!r}", USAGE)
    places = [place for place, name in enumerate(names) if name in chosen]

    def all_of(some: Sequence[Any]) -> list[Any]:
        left = iter(some)
        return [next(left) if place in places else copied(x) for place, x in enumerate(inputs)]

    def of_some(*some: Any) -> Any:
        return function(*all_of(some))

    def derivative_of(derivative: Callable[..., Any]) -> Callable[..., Any]:
        def derivative_by_some(*some: Any) -> Any:  # a pullback has a cotangent behind them
            found = derivative(*all_of(some[: len(places)]), *some[len(places) :])
            if isinstance(found, Mapping):
                return {name: found[name] for name in chosen if name in found}
            if isinstance(found, tuple | list) and len(found) == len(names):
                return tuple(found[place] for place in places)
            return found

        return derivative_by_some

    parameters = [inspect.Parameter(names[k], inspect.Parameter.POSITIONAL_OR_KEYWORD) for k in places]
    of_some.__name__ = function.__name__
    of_some.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # for `input_names`
    return (
        of_some,
        {form: derivative_of(each) for form, each in claim.items()},
        tuple(inputs[place] for place in places),
    )


def _as_given(names: Sequence[str], by: str) -> str:
    """For which inputs a proof holds, if the derivative is by some of them."""
    chosen = [word.strip() for word in by.split(",")]
    data = [name for name in names if name not in chosen]
    return f"for all {', '.join(chosen)}, with {', '.join(data)} as given" if data else ""


def _advice(report: Any, inputs: Sequence[Any], names: Sequence[str]) -> list[str]:
    """Advice if the derivative has fewer entries than there are inputs of floats."""
    import numpy as np

    failure = report.failures[0] if len(report.failures) == 1 else None
    got = failure.got if failure is not None and failure.entry == "the result" else ""
    floats = {name: x for name, x in zip(names, inputs, strict=True) if np.asarray(x).dtype.kind == "f"}
    count = re.fullmatch(r"(\d+) entries", got)
    alike = [name for name, x in floats.items() if got == f"shape {np.shape(x)}"][:1]
    chosen = list(floats)[: int(count[1])] if count else alike
    if not 0 < len(chosen) < len(floats):
        return []
    first = ",".join(chosen)
    return [
        f"every input of floats is to have a derivative. If the others are data, name those that have: --by {first}"
    ]


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


def _inputs(module: Any, name: str, at: Sequence[str], notes: list[str]) -> tuple[Any, ...]:
    if at:
        return tuple(_input(text, position, notes) for position, text in enumerate(at))
    given = getattr(module, f"{name}_inputs", None)
    given = given() if callable(given) else given
    if given is None:
        raise CommandError(f"where to check? Give --at once for each input, or define {name}_inputs", UNREADABLE)
    return given if isinstance(given, tuple) else (given,)


def _input(text: str, position: int, notes: list[str]) -> Any:
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
            notes.append(
                f"--at {text}: an integer has no derivative; write {text}.0 for a number, '({text},)' for a shape"
            )
        return value if isinstance(value, int | float) else np.asarray(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise CommandError(
            f"--at {text!r}: expected a number, a list of numbers, a .npy file, or a shape such as 3x4 or (3,)", USAGE
        ) from None
