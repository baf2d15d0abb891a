"""The tasks of children: checks of texts and code, from and to values that JSON has."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.checking import check_gradient, prove_identity
from chainrule.checking.plain_reports import plain_proof, plain_report
from chainrule.checking.proofs.input_arrays import DOMAINS
from chainrule.checking.user_code.derivative_names import derivative_beside, names_tried
from chainrule.documents import CheckedStep, Report, Unreadable
from chainrule.documents.checked import check_pieces, with_declarations
from chainrule.documents.reports.listing import declarations as written_declarations
from chainrule.documents.sources.opening import FORMATS, pieces_of
from chainrule.documents.sources.pieces import Piece, Pieces

SECONDS_OF_STEP, SECONDS_OF_STEPS = 5.0, 30.0
"""The longest time for a step, and for all: steps that are left then are undecided. A repair takes up to 12 s more."""

SECONDS_OF_PROOF = 8.0
RELATIONS = ("=", "<", ">", "≤", "≥", "≈", "\\le", "\\ge", "\\lt", "\\gt", "\\approx", "\\equiv", "\\propto", "&=")
SOURCE = "<source>"


class TaskRefused(Exception):
    """The arguments cannot be used; the message says why."""


def check_document(
    text: str, format: str | None = None, declarations: str = "", name: str = "", *, repairs: bool = True
) -> dict[str, Any]:
    """A document checked step by step.

    Returns
    -------
    dict
        "report", as `Report.to_json` gives it, and "declarations", the block that declares what was guessed.

    Raises
    ------
    TaskRefused
        If it cannot be read.

    Examples
    --------
    >>> found = check_document("$$2 + 2 = 5$$")
    >>> found["report"]["steps"][0]["repair"]["new"]
    '4'
    """
    if format is not None and format not in FORMATS.values() and format != "text":
        raise TaskRefused(f"format: expected one of {', '.join(sorted({*FORMATS.values(), 'text'}))}, got {format!r}")
    try:
        pieces = pieces_of(text, name, format)
    except Unreadable as error:
        raise TaskRefused(str(error)) from None
    return _told(_checked(with_declarations(pieces, declarations), repairs=repairs))


def check_chain(formulas: Sequence[str], declarations: str = "") -> dict[str, Any]:
    r"""A chain of formulas: each one, without a relation of its own, is to equal the one before.

    Returns
    -------
    dict
        As from `check_document`; line k is formula k; what is not `displayed` stands in the declarations. A name that
        is not declared is defined by its first equation; one that is declared is compared with it.

    Raises
    ------
    TaskRefused
        If there is only one side.

    Examples
    --------
    >>> found = check_chain([r"\frac{d}{dx} x^3", "3 x x", r"\le 3 x^2", "2 x^2"])
    >>> [step["verdict"] for step in found["report"]["steps"]]
    ['proved', 'proved', 'wrong']
    """
    return _told(_checked_chain(formulas, declarations))


def prove_formulas(
    left: str,
    right: str,
    shapes: Mapping[str, Sequence[int | str]],
    domains: Mapping[str, str] | None = None,
    declarations: str = "",
) -> dict[str, Any]:
    r"""Two formulas in LaTeX, proved equal for all values of the arrays in them, or refuted.

    Returns
    -------
    dict
        "verdict", a verdict of a step; "message"; "differences", points where they differ.

    Raises
    ------
    TaskRefused
        For a shape or a domain that cannot be declared.

    Examples
    --------
    >>> prove_formulas(r"x^\top A x", r"\sum_{i,j} A_{ij} x_i x_j", {"A": ["n", "n"], "x": ["n"]})["verdict"]
    'proved'
    """
    lines = [*_declared(shapes, domains or {}), *declarations.splitlines()]
    report = _checked_chain([left, right], "\n".join(lines), repairs=False)
    remarks = [text for _, text in report.problems]
    step = _first_step(report)
    if step is None:
        raise TaskRefused("; ".join(["no equation was found", *remarks]))
    point = step.point and {
        "entry": ", ".join(f"{name} = {k}" for name, k in {**step.point["sizes"], **step.point["indices"]}.items()),
        "left": step.point["left"],
        "right": step.point["right"],
        "numbers": step.point["numbers"],
    }
    return {
        "verdict": step.verdict,
        "message": " ".join([step.message, *remarks]).strip(),
        "differences": [point] if point else [],
    }


def prove_code(
    left: str,
    right: str,
    shapes: Mapping[str, Sequence[int | str]],
    domains: Mapping[str, str] | None = None,
    code: str = "",
) -> dict[str, Any]:
    """Two expressions in Python, proved equal for all values of the arrays in them, or refuted. It runs the code.

    Parameters
    ----------
    left, right : str
        Expressions of the arrays that `shapes` names, of `np`, and of what `code` defines.
    shapes, domains : mapping
        As for `prove_identity`.
    code : str
        Definitions.

    Returns
    -------
    dict
        As from `prove_formulas`, with the verdicts "proved", "wrong" and "undecided".

    Raises
    ------
    TaskRefused
        If the code is none, or raises.

    Examples
    --------
    >>> found = prove_code("np.sqrt(x * x)", "x", {"x": []})
    >>> found["verdict"], found["differences"][0]["numbers"]
    ('wrong', {'values': {'x': -0.6875}, 'left': 0.6875, 'right': -0.6875})
    """
    _check_sizes(shapes)
    known = _defined(code)
    if not all(map(str.isidentifier, shapes)):
        raise TaskRefused(f"shapes: expected names of Python, got {', '.join(map(repr, shapes))}")
    sides = [_run(f"lambda {', '.join(shapes)}: (\n{side}\n)", "eval", known) for side in (left, right)]
    try:
        proof = prove_identity(
            *sides,
            shapes={name: tuple(shape) for name, shape in shapes.items()},
            domains=domains,
            seconds=SECONDS_OF_PROOF,
        )
    except Exception as error:  # code may raise anything
        raise TaskRefused(_in_words(error)) from None
    told = plain_proof(proof)
    verdict = {"proved": "proved", "fail": "wrong"}.get(proof.verdict, "undecided")
    said = [told["proof"] or "", *proof.failures[:3], *proof.unchecked[:3]]
    return {"verdict": verdict, "message": "; ".join(filter(None, said)), "differences": told["differences"]}


def check_code(
    code: str,
    inputs: Sequence[Any],
    function: str = "",
    derivative: str = "",
    form: str = "",
    integers: Sequence[int] = (),
) -> dict[str, Any]:
    """A derivative in Python code, checked against its function. It runs the code.

    Parameters
    ----------
    code : str
        Defines the function and its derivative.
    inputs : sequence
        A number or nested lists for each input.
    function : str
        Its name; without one, the first function in the code that has a derivative with a usual name.
    derivative, form : str
        The name of its derivative, and "gradient", "jacobian", "pullback" or "slope"; without them, by usual names.
    integers : sequence of int
        The positions of inputs, from 0, that are whole numbers, such as labels; all others become floats.

    Returns
    -------
    dict
        As from `plain_report`, with "function", "derivative", "form" and "message".

    Raises
    ------
    TaskRefused
        If the code is none, or raises.

    Examples
    --------
    >>> code = "def f(x):\\n    return np.sum(x**3)\\ndef f_grad(x):\\n    return 2 * x**2"
    >>> check_code(code, [[1.0, 2.0]])["failures"][0]["numbers"]
    [2.0, 3.0]
    """
    known = _defined(code)

    def is_there(name: str) -> bool:
        return callable(known.get(name))

    functions = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    if not function:
        function = next((name for name in functions if derivative or derivative_beside(name, is_there)), "")
    if not is_there(function):
        named = f"a function {function!r}" if function else "a function with a derivative of a usual name beside it"
        raise TaskRefused(f"expected {named}, got the functions {', '.join(functions) or 'none'}")
    form, derivative = _claim(function, derivative, form, is_there)
    arrays = [np.asarray(x, dtype=np.int64 if k in integers else np.float64) for k, x in enumerate(_regular(inputs))]
    try:
        report: Any = check_gradient(
            known[function], *(x if x.ndim else x.item() for x in arrays), **{form: known[derivative]}
        )
    except Exception as error:  # code may raise anything
        raise TaskRefused(_in_words(error)) from None
    return {
        "function": function,
        "derivative": derivative,
        "form": form,
        **plain_report(report),
        "message": str(report),
    }


# What follows is private.


def _checked(pieces: Pieces, *, repairs: bool = True) -> Report:
    return check_pieces(pieces, mending=repairs, seconds=SECONDS_OF_STEP, total=SECONDS_OF_STEPS)


def _told(report: Report) -> dict[str, Any]:
    block = written_declarations(report)
    return {"report": report.to_json(), "declarations": block if ":" in block else ""}


def _checked_chain(formulas: Sequence[str], declarations: str, *, repairs: bool = True) -> Report:
    """A chain checked; its first equation is a claim, if a name that it seems to define is declared."""
    if len(formulas) < 2:
        raise TaskRefused("expected two formulas or more")
    report = _checked(_chain(formulas, declarations), repairs=repairs)
    first = _first_step(report)
    if first is not None and not first.is_claim:
        # No definition has its name in brackets.
        other = _checked(_chain([f"({formulas[0]})", *formulas[1:]], declarations), repairs=repairs)
        first = _first_step(other)
        return other if first is not None and first.is_decided else report
    return report


def _first_step(report: Report) -> CheckedStep | None:
    """The first relation that is not in the declarations."""
    return next((step for step in report.steps if step.displayed), None)


def _chain(formulas: Sequence[str], declarations: str) -> Pieces:
    lines = [" ".join(formula.split()) for formula in formulas]
    lines[1:] = [line if line.startswith(RELATIONS) else f"= {line}" for line in lines[1:]]
    starts = tuple((sum(len(line) + 1 for line in lines[:k]), k + 1, 1) for k in range(len(lines)))
    text = "\n".join(lines)
    pieces = Pieces("", "latex", (Piece("display", text, starts, "$$"),), text=text)
    return with_declarations(pieces, declarations)


def _declared(shapes: Mapping[str, Sequence[int | str]], domains: Mapping[str, str]) -> list[str]:
    """The lines that declare arrays."""
    _check_sizes(shapes)
    unknown = [f"{name}: {word!r}" for name, word in domains.items() if word not in DOMAINS or name not in shapes]
    if unknown:
        raise TaskRefused(
            f"domains: expected an array's name and one of {', '.join(DOMAINS)}, got {', '.join(unknown)}"
        )
    kinds = {0: "number", 1: "column", 2: "matrix", 3: "array"}
    sizes = dict.fromkeys(size for shape in shapes.values() for size in shape if isinstance(size, str))
    lines = [f"{size}: size" for size in sizes]
    for name, shape in shapes.items():
        if len(shape) not in kinds:
            raise TaskRefused(f"shapes: formulas have arrays of up to 3 axes, got {len(shape)} for {name}")
        fact = domains.get(name, "real")
        kind = " ".join([kinds[len(shape)], *map(str, shape)])
        lines.append(f"{name}: {kind}" + (f", {fact}" if fact != "real" else ""))
    return lines


def _check_sizes(shapes: Mapping[str, Sequence[int | str]]) -> None:
    for name, shape in shapes.items():
        for size in shape:
            if not (size.isidentifier() if isinstance(size, str) else isinstance(size, int) and size > 0):
                raise TaskRefused(
                    f"shapes: expected positive whole numbers and names as sizes of {name}, got {size!r}"[:200]
                )


def _claim(function: str, derivative: str, form: str, is_there: Any) -> tuple[str, str]:
    if derivative and not is_there(derivative):
        raise TaskRefused(f"the code defines no function {derivative!r}")
    usual = derivative_beside(function, lambda word: word == derivative if derivative else is_there(word))
    if usual is None and not derivative:
        raise TaskRefused(f"no derivative of {function} found beside it (tried {', '.join(names_tried(function))})")
    named = usual or ("gradient", derivative)
    return form or named[0], derivative or named[1]


def _regular(inputs: Sequence[Any]) -> Sequence[Any]:
    for k, x in enumerate(inputs):
        try:
            np.asarray(x, dtype=np.float64)
        except (ValueError, TypeError):
            raise TaskRefused(f"inputs: expected a number or lists of equal lengths of numbers as input {k}") from None
    return inputs


def _defined(code: str) -> dict[str, Any]:
    known: dict[str, Any] = {"__name__": "source", "np": np}
    _run(code, "exec", known)
    return known


def _run(code: str, mode: str, known: dict[str, Any]) -> Any:
    try:
        compiled = compile(code, SOURCE, mode)
        return eval(compiled, known)
    except MemoryError:
        raise
    except SyntaxError as error:
        raise TaskRefused(f"this is no Python: line {error.lineno}: {error.msg}") from None
    except Exception as error:  # code may raise anything
        raise TaskRefused(_in_words(error)) from None


def _in_words(error: Exception) -> str:
    """An error of code, with the line that raised it."""
    lines, trace = list[int](), error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    where = f" (line {lines[-1]} of the code)" if lines else ""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500] + where
