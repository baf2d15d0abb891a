"""Silent assumptions: facts that a text does not state, and under which a claim that differs holds all the same.

Only names of which nothing is said are assumed to be something. A fact must not be the claim itself: unless it is a
sign, the claim depends on something else besides the name. Nor may it hold at sizes of 1 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.evidence.inputs import BY_COLUMNS, SUM_ONE
from chainrule.documents.evidence.questions import Question
from chainrule.documents.language import terms

FACTS: tuple[tuple[str, str, str], ...] = (
    (SUM_ONE, "column", "the entries of {} add up to 1"),
    (SUM_ONE, "matrix", "each row of {} adds up to 1"),
    (SUM_ONE, "columns", "each column of {} adds up to 1"),
    ("positive", "number", "{} is positive"),
    ("positive", "column", "the entries of {} are positive"),
    ("symmetric", "square", "{} is symmetric"),
    ("one-hot", "column", "{} is one-hot"),
    ("binary", "number", "{} is 0 or 1"),
    ("binary", "column", "the entries of {} are 0 or 1"),
    ("orthonormal", "square", "the columns of {} are orthonormal"),
)
"""Facts, the kind of name that they are assumed of, and the words for it; cheap ones first."""

TARGETS = {"one-hot", "binary"}
WEIGHTS = {"W", "U", "V"}
"""Letters of matrices of weights, which are not symmetric: a text that leaves their transpose out has lost it."""

ROOTED = {"sqrt", "log", "abs", "norm1"}
"""Functions that make one think of positive numbers."""

SIGNED = {"sign"}
"""Functions that a text writes of numbers of both signs only."""


def candidates(question: Question) -> Iterator[tuple[dict[str, frozenset[str]], str]]:
    """Facts to assume by name, with words for them."""
    said = frozenset[str]().union(*map(terms.free_names, question.assumptions))
    plain = [name for name in question.free if not question.facts.get(name) and name not in said]
    rooted = any(isinstance(part, terms.Apply) and part.operator in ROOTED for part in question.parts())
    parts: list[terms.Term] = [part for part in question.parts() if isinstance(part, terms.Comparison)]
    parts += [part for part in question.parts() if isinstance(part, terms.Apply) and part.operator in SIGNED]
    compared = frozenset[str]().union(*map(terms.free_names, parts))
    alone = len(question.free) == 1 and not question.functions
    for fact, wanted, words in FACTS:
        for name in plain:
            usual = rooted and name not in compared if fact == "positive" else not alone
            fits = wanted in _kinds(question, name)
            if fact == "symmetric" and name[:1] in WEIGHTS:
                continue
            if fits and usual and (fact not in TARGETS or _is_target(question, name)):
                facts = {fact, BY_COLUMNS} if wanted == "columns" else {fact}
                yield {name: frozenset(facts)}, words.format(name)


def is_telling(question: Question, assumed: Iterable[str], found: Finding) -> bool:
    """Whether a claim that holds under an assumption does so at a size at which the assumption says something."""
    dims = [dim.final for name in assumed for dim in question.shapes.names[name].known or ()]
    lengths = [dim for dim in dims if dim.number != 1]
    return any(all(length.value(sizes) > 1 for length in lengths) for sizes in found.sizes)


# What follows is private.


def _is_target(question: Question, name: str) -> bool:
    """Whether a name is a factor of a logarithm, as in -y log(p), or an exponent."""
    for part in question.parts():
        match part:
            case terms.Apply(operator="*" | ".*" | "@", operands=operands):
                logs = [any(getattr(each, "operator", "") == "log" for each in terms.every(o)) for o in operands]
                if any(log and name in terms.free_names(o) for log, o in zip(logs, operands[::-1], strict=True)):
                    return True
            case terms.Apply(operator="^" | ".^", operands=(_, exponent)) if name in terms.free_names(exponent):
                return True
    return False


def _kinds(question: Question, name: str) -> tuple[str, ...]:
    dims = [dim.final for dim in question.shapes.names[name].known or ()]
    if not dims:
        return ("number",)
    if len(dims) == 2 and dims[1].number == 1:
        return ("column",)
    if len(dims) != 2:
        return ()
    every = (part for part in question.parts() if isinstance(part, terms.Apply) and part.operator == "member")
    members = {part.operands[0] for part in every}
    kinds = ("columns",) if terms.Name(name) in members else ("matrix",)
    return (*kinds, "square") if dims[0] == dims[1] else kinds
