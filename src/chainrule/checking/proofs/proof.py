"""The record of an attempted proof, and what exactly it says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

from chainrule.algebra import Attempt, Constraint, Difference

LONGEST = 160
"""Most characters of the conditions that a claim prints."""
LISTED = 5
"""Most failures, conditions or reasons that a report prints."""

NO_PULLBACK = "there is no pullback for {}, so nothing was checked there"


@dataclass(frozen=True)
class Proof:
    """The outcome of an attempted proof about real numbers; rounding errors of floats are measured elsewhere.

    Attributes
    ----------
    subject : str
        The name of the rule, function or claim that was to be proved.
    equalities : int
        The equalities that were proved, counted over cells and sizes.
    cells : tuple of tuples of str
        The sets of inputs that were treated, each by its conditions in words; ((),) where one cell is everything.
    complete : bool
        True if the cells cover all inputs of the domain.
    sizes : str
        The sizes of the inputs, such as "sizes 1 to 4".
    kinks : int
        Cells on which there is no derivative and only the value was compared.
    divisors : tuple of str
        Expressions that are not 0 on the cells: the claim says nothing where they are 0.
    differences : tuple of Difference
        Equalities that fail at the sample, with both values, computed in balls that do not overlap.
    unchecked : tuple of str
        The parts that stayed undecided, with the reasons.
    idealised : mapping
        Floats of the code that were read as simple numbers, such as 0.3333333333333333 as 1/3.
    smooth : tuple of str
        Unknown functions; the claim holds for every smooth one.
    inside_only : bool
        True if nothing is said about the borders of cells, because derivatives were taken.
    options : str
        The options of a rule for which this was proved, where they were left at their defaults.
    constants : tuple of str
        The inputs of floats that have no pullback: nothing is proved about derivatives by them.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.checking import prove_identity
    >>> proof = prove_identity(lambda x: np.log(x @ x), lambda x: 2 * np.log(np.sqrt(x @ x)), shapes={"x": (3,)})
    >>> proof.ok, proof.claim
    (True, 'proved for all inputs with x0^2 + x1^2 + x2^2 > 0 at shapes x (3,)')
    """

    subject: str
    equalities: int = 0
    cells: tuple[tuple[str, ...], ...] = ()
    complete: bool = False
    sizes: str = ""
    kinks: int = 0
    divisors: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    unchecked: tuple[str, ...] = ()
    idealised: Mapping[float, str] = field(default_factory=dict)
    smooth: tuple[str, ...] = ()
    inside_only: bool = False
    options: str = ""
    constants: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """The differences in words."""
        return tuple(map(str, self.differences))

    @property
    def verdict(self) -> str:
        """ "fail" if an equality fails at the sample, "proved" if all hold, else "unchecked"."""
        if self.differences:
            return "fail"
        return "proved" if self.equalities and not self.unchecked else "unchecked"

    @property
    def ok(self) -> bool:
        """True if everything was proved."""
        return self.verdict == "proved"

    @property
    def claim(self) -> str:
        """The proved statement, with the inputs for which it holds."""
        if not self.ok:
            return self.verdict
        if self.complete:
            where = "for all inputs" + (" at which the definition has a derivative" if self.kinks else "")
            where += " inside of cells" if self.inside_only else ""
        elif len(set(self.cells)) == 1:
            where = f"for {_where(self.cells[0])}"
        else:
            where = f"on {len(self.cells)} sampled cells"
        words = ["proved", where]
        words += [f"at {self.sizes}"] if self.sizes else []
        words += [f"where {_listed(self.divisors)}"] if self.divisors else []
        words += [f"for every smooth {_listed(self.smooth)}"] if self.smooth else []
        if self.idealised:
            constants = (f"{x!r} = {text}" for x, text in self.idealised.items())
            words.append(f"up to the rounding of the constants {_listed(tuple(constants))}")
        words += [self.options] if self.options else []
        return " ".join(words)

    def __str__(self) -> str:
        lines = [f"{self.subject}: {self.claim}"]
        lines += [f"  {NO_PULLBACK.format(name)}" for name in self.constants]
        for begins, texts in (("  ", self.failures), ("  unchecked: ", self.unchecked)):
            lines += [begins + text for text in texts[:LISTED]]
            lines += [f"{begins}and {len(texts) - LISTED} more"] if len(texts) > LISTED else []
        return "\n".join(lines)


def joined_outcomes(subject: str, outcomes: Sequence[Attempt], *, complete: bool = False, sizes: str = "") -> Proof:
    """The proof that consists of the outcomes on several cells.

    Examples
    --------
    >>> from chainrule.algebra import attempt, variables
    >>> def square(field):
    ...     (x,) = variables("x", [2.0])
    ...     yield "the square root", (x * x) ** 0.5, x
    >>> print(joined_outcomes("square", [attempt(square)]))
    square: proved for all inputs with x0 > 0
    """
    inside = [outcome for outcome in outcomes if not outcome.outside]
    if not inside:
        reasons = dict.fromkeys(reason for outcome in outcomes for reason in outcome.undecided)
        return Proof(subject, sizes=sizes, unchecked=tuple(reasons) or ("nothing was computed in the domain",))
    divisors: dict[str, None] = {}
    for outcome in inside:
        divisors.update(dict.fromkeys(map(str, outcome.divisors)))
    return Proof(
        subject,
        equalities=sum(outcome.equalities for outcome in inside),
        cells=tuple(_conditions(outcome.comparisons) for outcome in inside),
        complete=complete or (len(inside) == 1 and not inside[0].comparisons),
        sizes=sizes,
        kinks=sum(outcome.kink for outcome in inside),
        divisors=tuple(divisors),
        differences=tuple(difference for outcome in inside for difference in outcome.differences),
        unchecked=tuple(dict.fromkeys(text for outcome in inside if not outcome.kink for text in outcome.undecided)),
        idealised={x: text for outcome in inside for x, text in outcome.idealised.items()},
        smooth=tuple(dict.fromkeys(name for outcome in inside for name in outcome.smooth)),
    )


def joined_sizes(subject: str, proofs: Sequence[Proof]) -> Proof:
    """One proof of several sizes."""
    return Proof(
        subject,
        equalities=sum(proof.equalities for proof in proofs),
        cells=tuple(cell for proof in proofs for cell in proof.cells),
        complete=all(proof.complete for proof in proofs),
        sizes=_sizes_in_words(list(dict.fromkeys(proof.sizes for proof in proofs))),
        kinks=sum(proof.kinks for proof in proofs),
        divisors=tuple(dict.fromkeys(text for proof in proofs for text in proof.divisors)),
        differences=tuple(known for proof in proofs for known in proof.differences),
        unchecked=tuple(dict.fromkeys(text for proof in proofs for text in proof.unchecked)),
        idealised={x: text for proof in proofs for x, text in proof.idealised.items()},
        smooth=tuple(dict.fromkeys(name for proof in proofs for name in proof.smooth)),
        inside_only=any(proof.inside_only for proof in proofs),
    )


def in_words(numbers: Sequence[int]) -> str:
    """Sizes, those that follow one another as a range.

    Examples
    --------
    >>> in_words([1, 2, 3]), in_words([2, 5])
    ('1 to 3', '2, 5')
    """
    first, last = numbers[0], numbers[-1]
    is_range = len(numbers) > 1 and list(numbers) == list(range(first, last + 1))
    return f"{first} to {last}" if is_range else ", ".join(map(str, numbers))


def _sizes_in_words(sizes: Sequence[str]) -> str:
    plural = "s" if len(sizes) > 1 else ""
    if all(size.isdigit() for size in sizes):
        return f"size{plural} {in_words(list(map(int, sizes)))}"
    more = f"; {len(sizes) - LISTED} more" if len(sizes) > LISTED else ""
    shapes = (f"({size},)" if size.isdigit() else size for size in sizes[:LISTED])
    return f"shape{plural} {'; '.join(shapes)}{more}"


def _conditions(comparisons: Sequence[Constraint]) -> tuple[str, ...]:
    """The conditions of a cell in words; if not all will be listed, in the order in which they tell most."""
    return tuple(map(str, _telling_first(comparisons) if len(comparisons) > LISTED else comparisons))


def _where(conditions: Sequence[str]) -> str:
    return "all inputs" + (f" with {_listed(conditions, LONGEST)}" if conditions else "")


def _telling_first(comparisons: Sequence[Constraint]) -> list[Constraint]:
    """One comparison with each constant of the code first, so that a list that is cut still shows them.

    >>> limit, sign = Constraint("x0 - 5", ">", {"x0": Fraction(1)}, Fraction(-5)), Constraint("x0", ">")
    >>> [str(each) for each in _telling_first([sign, limit])]
    ['x0 > 5', 'x0 > 0']
    """
    seen = Counter[Fraction]()
    ranks = []
    for comparison in comparisons:
        constant = abs(comparison.constant)
        ranks.append((seen[constant], not constant))
        seen[constant] += 1
    order = sorted(range(len(ranks)), key=ranks.__getitem__)
    return [comparisons[k] for k in order]


def _listed(texts: Sequence[str], longest: float = math.inf) -> str:
    """The first texts, as many as are listed and as `longest` characters hold, and the number of the others."""
    lengths = accumulate(map(len, texts[:LISTED]))
    shown = [text for text, length in zip(texts[:LISTED], lengths, strict=True) if length <= longest]
    left = len(texts) - len(shown)
    rest = f"{left} more" if shown else f"{left} condition{'s' * (left > 1)}"
    return " and ".join([*shown, rest] if left else shown)
