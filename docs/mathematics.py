"""`python -m docs.mathematics` writes docs/reference/mathematics.md; it needs a checkout.

The page is a table of everything that chainrule computes. The records are in docs/catalogue, the identities in
tests/identities/catalogue.py; formulas, derivatives, domains and error bounds come from the rules.
`tests/test_mathematics.py` fails if the page is out of date.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import runpy
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from chainrule import rules
from docs.catalogue import EXAMPLES, OPERATORS, RULE_CLAIMS, SYSTEMS, WHERE, Example, Operator, System

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "mathematics.md"
IDENTITIES: tuple[Any, ...] = runpy.run_path(str(ROOT / "tests" / "identities" / "catalogue.py"))["IDENTITIES"]
"""Records of key, statement, condition and test."""

_CLAIMED = runpy.run_path(str(ROOT / "tests" / "identities" / "claims.py"))
CLAIMS: dict[str, Any] = _CLAIMED["CLAIMS"]
SYSTEM_CLAIMS: dict[str, Any] = _CLAIMED["SYSTEM_CLAIMS"]
"""By key, records of what is proved, in which test, and what is not, with the reason."""

EVERY_RULE = "tests/rules/test_every_rule.py::test_derivatives_agree_with_difference_quotients_at_300_bits"
"""The test that compares the derivatives of each registered rule with difference quotients of balls."""

EVERY_PROOF = "tests/checking/proofs/test_rule_proofs.py::test_rules_of_the_package_are_proved"
"""The test that proves each registered rule."""

EVERY_BOUND = "tests/rules/test_every_rule.py::test_errors_are_within_the_claimed_bound_times_the_condition_number"
"""The test that compares the errors of each registered rule with its bound."""

OPENING = """\
<!-- Written by `python -m docs.mathematics`. Edit docs/catalogue/, or the rules, and run that again. -->

# The mathematics of chainrule

Everything that chainrule computes, with its formula, its source file and its test. The formulas of rules come from the
rules. A test fails if this page names a function or a test that does not exist.

- [Systems](#systems): {systems} models, losses and heads.
- [Operators](#operators): {operators}, and [further rules](#further-rules).
- [Identities](#identities): {identities}, each tested in float64, float32 and, at 300 bits, in balls; {proved} of them
  are proved.
- [Numeric examples](#numeric-examples): {examples}, computed again by
  [`tests/test_numeric_examples.py`](../../tests/test_numeric_examples.py).

**Notation.** Samples are rows: a layer is `x W + b`, with `W` of shape in_features x out_features. `d W` is the
gradient of the loss by `W`, in the shape of `W`. `J[i, j] = dy_i/dx_j`; `v` is the cotangent of an output and `v J`
its pullback. `s = softmax(x)`; `sigma` is the logistic sigmoid; `H` the step with `H(0) = 1/2`; `[P]` is 1 if `P`
holds and 0 otherwise; `e_y` is 1 at `y` and 0 elsewhere; `E_S` and `Var_S` are mean and variance under the
probabilities `S`. `u v` of two rows is taken entry by entry, `u.v` is its sum, and `h^T v` an outer product; in
Jacobians such as `diag(s) - s s^T` and `I - 1 s^T` the vectors `s` and `1`, of ones, are columns. Labels count from 0
in code.

**Error bounds** are claims about the public forms, in units in the last place (ulp), over the regions that the tests
state.

**Status.** A statement is

- `proved` if both sides were computed in exact numbers and have one normal form: a rational function of the inputs and
  of their exponentials, logarithms and roots. Only equality is concluded, from relations that are true wherever the
  functions are defined; inequalities follow from equalities as said. The claim names the sizes, and says nothing about
  others. It holds on a *cell*: the inputs with the same outcomes of comparisons. `for all inputs` means that the cells
  cover all inputs, which is shown by exact elimination; otherwise the number of sampled cells is given. Divisors that
  may be 0 are listed, and nothing is said where one is 0. A derivative is proved inside of cells, and not on their
  borders, where numbers tie or a function has a kink.
- `in bound` if the errors of floats were measured and are within the error bound: by the [accuracy atlas](accuracy.md)
  over its regions, and by a common test of all rules.
- `measured` if it was only tested, at points; the reason is given.

{about}
"""

ABOUT = "Proofs are about real numbers; the [accuracy atlas](accuracy.md) is about floats."


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The text of docs/reference/mathematics.md."""
    named = {operator.rule for operator in OPERATORS}
    further = [Operator(name, name, name) for name in rules.names() if name not in named]
    counts = {"systems": SYSTEMS, "operators": OPERATORS, "identities": IDENTITIES, "examples": EXAMPLES}
    return "\n".join(
        [
            OPENING.format(
                about=ABOUT,
                proved=sum(bool(c.claim) for c in CLAIMS.values()),
                **{name: len(records) for name, records in counts.items()},
            ),
            *_section("Systems", ("system", "formula", "status", "where", "test"), map(_system, SYSTEMS), ABOUT),
            *_section("Operators", _OPERATOR_COLUMNS, map(_operator, OPERATORS), ABOUT),
            *_section("Further rules", _OPERATOR_COLUMNS, map(_operator, further), ABOUT),
            *_section(
                "Identities",
                ("identity", "statement", "condition", "status", "where", "test"),
                map(_identity, IDENTITIES),
                ABOUT,
            ),
            *_section("Numeric examples", ("example", "formula", "values", "where", "test"), map(_example, EXAMPLES)),
        ]
    )


_OPERATOR_COLUMNS = ("operator", "formula", "derivative", "domain", "error bound", "status", "where", "test")


def _system(system: System) -> tuple[str, ...]:
    where = [*filter(None, [system.not_yet]), *map(_place, system.where)]
    status = _status(SYSTEM_CLAIMS[system.key], system.key)
    return system.name, _code(system.formula), status, _lines(where), _lines(map(_test, system.tests))


def _operator(operator: Operator) -> tuple[str, ...]:
    formula, derivative, domain = [operator.formula], [operator.derivative], [operator.domain]
    bound = "-"
    if operator.rule:
        rule = rules.get(operator.rule)
        formula.insert(0, rule.formula)
        derivative.insert(0, rule.derivative)
        domain.insert(0, rule.domain)
        if rule.kinks != "none":
            domain.append(f"at the kink {rule.kinks}")
        bound = "none" if rule.error_bound is None else f"{rule.error_bound} ulp" if rule.error_bound else "exact"
    return (
        operator.name,
        _code("\n".join(filter(None, formula))),
        _code("\n".join(filter(None, derivative))),
        _lines(_text(part) for part in domain if part),
        bound,
        _operator_status(operator),
        _lines([*filter(None, [operator.not_yet]), *map(_place, places_of(operator))]),
        _lines(map(_test, tests_of(operator))),
    )


def _identity(identity: Any) -> tuple[str, ...]:
    name = identity.key.replace("-", " ")
    condition = _text(identity.condition) or "always"
    where, status = _lines(map(_place, WHERE[identity.key])), _status(CLAIMS[identity.key], identity.key)
    return name, _code(identity.statement), condition, status, where, _test(identity.test)


def _operator_status(operator: Operator) -> str:
    lines = []
    if operator.claim:
        claims = CLAIMS if operator.claim in CLAIMS else SYSTEM_CLAIMS
        lines.append(_status(claims[operator.claim], operator.claim))
    if operator.rule:
        if operator.rule in RULE_CLAIMS:
            lines.append(_claimed(RULE_CLAIMS[operator.rule], f"{EVERY_PROOF}[{operator.rule}]"))
        atlas = "[accuracy atlas](accuracy.md), " if operator.rule in atlas_rules() else ""
        lines.append(f"`in bound`: {atlas}{_test(EVERY_BOUND)}")
    if operator.measured:
        lines.append(f"`measured`: {_text(operator.measured)}")
    return _lines(lines)


@cache
def atlas_rules() -> frozenset[str]:
    """The rules whose errors the atlas lists."""
    found = re.findall(
        r"^## (\w+)", (ROOT / "docs" / "reference" / "accuracy.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return frozenset(found)


def _claimed(claim: str, test: str) -> str:
    verdict, _, where = claim.partition(" ")
    return f"`{verdict}` {_text(where)}: {_test(test)}"


def _status(claim: Any, key: str) -> str:
    """What is proved, by which test; how inequalities follow; and what is only measured, with the reason."""
    lines = []
    if claim.claim:
        lines.append(_claimed(claim.claim, claim.test(key)))
    if claim.follows:
        lines.append(_text(claim.follows))
    if claim.measured:
        lines.append(f"`measured`: {_text(claim.measured)}")
    return _lines(lines)


def _example(example: Example) -> tuple[str, ...]:
    values = _lines(f"{_text(label)}: `{digits}`" for label, digits in example.values)
    where, tests = _lines(map(_place, example.where)), _lines(map(_test, example.tests))
    return example.name, _code(example.formula), values, where, tests


def places_of(operator: Operator) -> tuple[str, ...]:
    """The dotted paths of an operator; the path of a rule comes first."""
    own = (f"chainrule.rules.{operator.rule}",) if operator.rule else ()
    return own + operator.where


def tests_of(operator: Operator) -> tuple[str, ...]:
    """The node ids of an operator's tests; for a rule, the common check of derivatives comes last."""
    return operator.tests + ((f"{EVERY_RULE}[{operator.rule}-(k,)]",) if operator.rule else ())


def source_of(dotted: str) -> Path:
    """The file that defines a public name.

    Raises
    ------
    LookupError
        If no module of chainrule defines the name.

    Examples
    --------
    >>> source_of("chainrule.rules.softmax").name, source_of("chainrule.networks.Plan.loss_and_gradient").name
    ('softmax.py', 'plan.py')
    """
    module, *names = _module_and_names(dotted)
    if not names:
        raise LookupError(f"{dotted}: expected a name inside a module")
    file = _definition(module, names[0])
    if file is None:
        raise LookupError(f"{dotted}: no module of chainrule defines {names[0]}")
    value: Any = getattr(import_module(module), names[0])
    for name in names[1:]:
        bases = inspect.getmro(value) if isinstance(value, type) else (value,)
        owner = next((base for base in bases if name in vars(base)), None)
        if owner is None:
            raise LookupError(f"{dotted}: {names[0]} defines no {name}")
        # An inherited name is defined in the file of the base class.
        file = Path(inspect.getsourcefile(owner) or file) if isinstance(owner, type) else file
        value = vars(owner)[name]
    return file


def _module_and_names(dotted: str) -> tuple[str, ...]:
    """The package or module and the remaining names. A rule hides the module of its name, as it does for users."""
    parts = dotted.split(".")
    home = parts[0]
    for index, part in enumerate(parts[1:], start=1):
        defined = _definition(home, part) is not None
        if defined or importlib.util.find_spec(f"{home}.{part}") is None:
            return (home, *parts[index:])
        home = f"{home}.{part}"
    return (home,)


@cache
def _definition(module: str, name: str) -> Path | None:
    """The file that defines a name of a module; `from ... import` is followed."""
    file = inspect.getsourcefile(import_module(module))
    assert file is not None
    for node in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chainrule"):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _definition(node.module, alias.name)
                if alias.name == "*" and name in import_module(node.module).__all__:
                    return _definition(node.module, name)
        if name in _defined_by(node):
            return Path(file)
    return None


def _defined_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (target.id for target in targets if isinstance(target, ast.Name))


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> Iterator[str]:
    yield f"## {title}\n"
    if note:
        yield f"{note}\n"
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _place(dotted: str) -> str:
    return f"[`{dotted}`](../../{source_of(dotted).relative_to(ROOT).as_posix()})"


def _test(node: str) -> str:
    return f"[`{node}`](../../{node.partition('::')[0]})"


def _code(formula: str) -> str:
    """One code span per line. Bars are escaped: GitHub reads a bar inside code as the end of a cell."""
    return _lines(f"`{line}`" for line in formula.replace("|", r"\|").split("\n"))


def _text(text: str) -> str:
    """Prose that contains formulas, escaped so that Markdown does not read them as markup."""
    for mark in "\\`*_<|":
        text = text.replace(mark, f"\\{mark}")
    return text


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(lines)


if __name__ == "__main__":
    main()
