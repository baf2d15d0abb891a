"""Silent assumptions: facts that a text does not state, and under which a claim that differs holds all the same.

Only names of which nothing is said are assumed to be something. A fact must not be the claim itself: unless it is a
sign, the claim depends on something else besides the name. Nor may it hold at sizes of 1 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.evidence.inputs import SUM_ONE
from chainrule.documents.evidence.questions import Question
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Relation
from chainrule.documents.language.resolving import size_term
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.strict_terms import BY_COLUMNS
from chainrule.documents.language.terms import ONE, ZERO, Apply, Entry, Fold, Name, Term

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

MOST_DISTRIBUTIONS = 3
"""Most vectors whose entries are assumed to add up to 1 at once."""

BAR = "_bar"
"""The end of the name of a letter with a bar."""

BEYOND, PADDED = "an index beyond the end", "entries beyond the ends are 0"
"""Why a sum may have no value, and the assumption with which it has one."""

MEAN, MEANS = " is the mean of ", " are the means of "

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
            fits = wanted in _kinds(question, name) and not (fact == "symmetric" and name[:1] in WEIGHTS)
            if fits and usual and (fact not in TARGETS or _is_target(question, name)):
                facts = {fact, BY_COLUMNS} if wanted == "columns" else {fact}
                yield {name: frozenset(facts)}, words.format(name)
    several = [name for name in plain if "column" in _kinds(question, name)]
    if 1 < len(several) <= MOST_DISTRIBUTIONS:
        yield dict.fromkeys(several, frozenset({SUM_ONE})), f"the entries of {' and of '.join(several)} add up to 1"


def means(question: Question) -> tuple[list[Definition], str]:
    """The letters with a bar as means of the letters without one, if the claim uses both, and this in words."""
    used = question.names.used_in(question.claim)
    pairs = [(name, name.removesuffix(BAR)) for name in question.free if name.endswith(BAR)]
    found = [
        Definition(name, mean)
        for name, letter in pairs
        if letter in used and name not in question.names.uses(letter) and not question.facts.get(name)
        if (mean := _mean(question, name, letter)) is not None
    ]
    bars, letters = ([pair[place] for pair in pairs if pair[0] in {each.name for each in found}] for place in (0, 1))
    return found, " and ".join(bars) + (MEAN if len(found) == 1 else MEANS) + " and of ".join(letters)


def with_zeros_beyond(claim: Relation, shapes: Shapes) -> Relation:
    """The claim in which entries beyond the ends of arrays are 0, as far as sums choose them by sums of indices.

    Where x_{i-a} has no value for one i, neither has the sum over i; what is left of the claim may be a single a.
    """
    left, right = (_padded(side, frozenset(), shapes) for side in (claim.left, claim.right))
    return replace(claim, left=left, right=right)


def is_telling(question: Question, assumed: Iterable[str], found: Finding) -> bool:
    """Whether a claim that holds under an assumption does so at a size at which the assumption says something."""
    dims = [dim.final for name in assumed for dim in question.shapes.names[name].known or ()]
    lengths = [dim for dim in dims if dim.number != 1]
    return any(all(length.value(sizes) > 1 for length in lengths) for sizes in found.sizes)


# What follows is private.


def _mean(question: Question, name: str, letter: str) -> Term | None:
    """The mean of the entries of a vector, or of the columns or rows of a matrix; None if the shapes do not show it."""
    shapes = question.shapes.names
    dims, own = (shapes[each].known if each in shapes else None for each in (letter, name))
    if own is None or dims is None or len(dims) != 2:
        return None
    every, index = Name(letter), Name("_of_mean")
    body: Term = Entry(every, (index,))
    lengths = [dim.final for dim in dims]
    if not own and lengths[1].number == 1:
        length = lengths[0]
    elif len(own) == 2 and own[1].is_one and own[0].final in lengths and lengths[0] != lengths[1]:
        axis = lengths.index(own[0].final)
        length = lengths[1 - axis]
        body = Apply("member", (Apply("'", (every,)) if axis else every, index))
    else:
        return None
    size = size_term(length)
    return Apply("/", (Fold("sum", index.text, ONE, size, body), size))


def _padded(term: Term, bound: frozenset[str], shapes: Shapes) -> Term:
    """A term with such zeros; sums bind some indices."""
    if isinstance(term, terms.Slope):
        return replace(term, body=_padded(term.body, bound, shapes))
    bound = bound | {term.index} if isinstance(term, Fold) else bound
    found: Term = terms.mapped(term, lambda part: _padded(part, bound, shapes))
    known = shapes.names[found.base.text].known if isinstance(found, Entry) and isinstance(found.base, Name) else None
    if not isinstance(found, Entry) or known is None:
        return found
    beyond = list[tuple[terms.Condition, Term]]()
    for index, dim in zip(found.indices, known, strict=False):
        names = terms.free_names(index)
        if len(names) > 1 and names & bound:
            beyond += [(terms.Comparison("<", index, ONE), ZERO)]
            beyond += [(terms.Comparison(">", index, size_term(dim.final)), ZERO)]
    return terms.Choice(tuple(beyond), found) if beyond else found


def _is_target(question: Question, name: str) -> bool:
    """Whether a name is a factor of a logarithm, as in -y log(p), or an exponent, and is no variable of either."""
    if any(isinstance(part, terms.Slope) and part.moved == name for part in question.parts()):
        return False
    for part in question.parts():
        match part:
            case terms.Apply(operator="*" | ".*" | "@", operands=operands):
                for other, operand in zip(operands[::-1], operands, strict=True):
                    every = (each for each in terms.every(operand) if getattr(each, "operator", "") == "log")
                    logs = [terms.free_names(each) for each in every]
                    if logs and name in terms.free_names(other) and not any(name in names for names in logs):
                        return True
            case terms.Apply(operator="^" | ".^", operands=(base, exponent)):
                if name in terms.free_names(exponent) - terms.free_names(base):
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
    if name in question.numbered:
        return ("columns",)  # vectors, of which there may be as many as each has entries by chance
    return ("matrix", "square") if dims[0] == dims[1] else ("matrix",)
