"""A field of exact numbers: polynomials over Q in generators, and what is known of each generator.

A generator stands for a variable, or for a function of other numbers of the field: exp, log, a root, sin, cos, an
unknown function. Each has a ball that holds its value at the sample point, its derivative, and relations that are true
wherever it is defined, such as R^2 = a for a square root. Two numbers with one normal form are then equal for all
inputs on which the recorded conditions hold. The converse is never used: a missing relation leaves an equality
undecided, and cannot make it wrong.

Why this is sound. A number is a quotient num / den of polynomials in the generators. Let p be inputs of the cell: each
recorded comparison holds at p, and no recorded divisor is 0 there. Then num / den, evaluated at p, is the value of the
computation at p. Each step keeps this true:

- Sums and products are those of fractions, and `den` has recorded divisors only. Reduction subtracts multiples of a
  relation, which is 0 at p. A common factor is cancelled by exact division of polynomials, and it is not 0 at p.
- Logarithms and roots are split into those of factors after the signs of all factors were recorded.
- A branch of the program depends on comparisons, and these are recorded. A comparison whose ball contains 0 is
  undecided, unless the normal form is 0. That a normal form is *not* 0 says nothing, and nothing follows from it.

So num = 0 proves that the value is 0 on the whole cell. Neither independence of the generators nor a ring without zero
divisors is needed: with R^2 = x^2, the product (R - x)(R + x) is 0, and each factor can become a divisor only where
its ball at the sample excludes 0, and then for those inputs only where it is not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, TypeAlias

import flint

from chainrule.algebra.ball import Undecided
from chainrule.algebra.generators import Atom, Generator, Polynomial
from chainrule.algebra.memory import Memory, Restart, TooLarge

if TYPE_CHECKING:
    from chainrule.algebra.exact import Exact

Factors: TypeAlias = tuple[Any, list[tuple[int, int]]]
"""A `flint.fmpq`, and pairs of the number of an atom and its exponent."""

CONTEXTS = 64
"""Contexts of polynomials by number of generators. They are never freed."""

UNKNOWN = "unknown "
"""Begins the names of tables of unknown functions."""

FACTORED_TERMS = 400
"""Polynomials with more terms are not factored; they divide as a whole."""

FACTORED_DEGREE = 500
"""Sums of a higher degree are not factored either: x^2520 - 1 takes half a minute, x^1000 - 1 a tenth of a second."""


class OutsideDomain(Undecided):
    """A logarithm or a root of a number that is not positive at the sample."""


_runs = count()


STRICT = {">=": ">", "<=": "<"}
"""Strict relations by those that also hold for 0."""


@dataclass(frozen=True, eq=False)
class Condition:
    """A comparison with 0 that holds at the sample: `number` relation 0. Relations: > >= < <= != ==."""

    number: Exact
    relation: str

    def __str__(self) -> str:
        return f"{self.number} {self.relation} 0"


class Field:
    """Generators, divisors and recorded conditions of one computation. Enter it to compute in it.

    Attributes
    ----------
    conditions : list of Condition
        The recorded comparisons: they describe the cell.
    divisors : list of Atom
        The divisors, arguments of logarithms and of roots whose sign is not known; none is 0 on the cell.
    ideal : callable or None
        ``ideal(field, x)`` returns the simple number that a float stands for, or None; see `constants`.
    floats : set
        The floats that were read as the rationals that they are, and that may have been rounded.
    idealised : dict
        The floats that were read so, with the text of the number.

    Parameters
    ----------
    memory : Memory, optional
        The room and the precision that an earlier run of the same computation asked for.
    ideal : callable, optional
    most_terms : int
        Larger polynomials raise `Undecided`.
    number : type, optional
        The class of the numbers, if they are not exact: `PointNumber`.

    Examples
    --------
    >>> from chainrule.algebra import variables
    >>> with Field() as field:
    ...     x = variables("x", [1.0, 3.0])
    ...     larger = x[1] if x[1] > x[0] else x[0]
    ...     print(larger, "where", *field.conditions)
    x1 where -x0 + x1 > 0
    """

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        ideal: Callable[[Field, float], Exact | None] | None = None,
        most_terms: int = 4000,
        number: Any = None,
    ) -> None:
        self.memory, self.number = memory or Memory(), number
        self.ideal, self.idealised, self.floats = ideal, dict[float, str](), set[float]()
        self.most_terms = most_terms
        # Fields that follow one another have different contexts. A number that a program keeps from one run to the next
        # then raises an error, instead of being read as a number of the new field.
        run = next(_runs) % CONTEXTS
        self.context = flint.fmpq_mpoly_ctx.get([f"g{run}_{i}" for i in range(self.memory.generators)], "lex")
        self.one = self.context.constant(1)
        self.zero = self.context.constant(0)
        self.generators: list[Generator] = []
        """In order of creation. The k-th has the k-th last position, so that later ones lead in the order of terms."""
        self.related: list[tuple[Generator, Polynomial]] = []
        """Generators with a relation, and the polynomial that is 0; latest first."""
        self.atoms: list[Atom] = []
        self.conditions: list[Condition] = []
        self.divisors: list[Atom] = []
        self.signs: dict[int, int] = {}
        """Signs of generators on the cell, by position, where a recorded comparison says so."""
        self.may_vanish: set[int] = set()
        """Positions in `signs` of generators that may be 0."""
        self.tables: dict[str, list[Any]] = {}
        """Known numbers of each function, such as the logarithms; kept by chainrule.algebra.special_functions. What
        else computes in the field keeps numbers here under names of its own."""
        self.slopes: dict[tuple[int, int], Exact] = {}
        """Derivatives of generators by variables, by their positions; kept by chainrule.algebra.formal_derivatives."""
        self.inputs: dict[int, set[int]] = {}
        """Variables in a generator, by positions; kept by chainrule.algebra.formal_derivatives."""
        self.open = False
        """True if a derivative was taken."""
        self.inside = False
        """Set by a computation once the sample is known to lie in the domain. What is undefined from then on proves
        nothing; else a wrong derivative that is undefined for negative x would count as proved."""
        self._strict = 0
        """The conditions before this position are strict."""
        self._factored: dict[Any, list[tuple[Polynomial, Factors]]] = {}
        self._numbers: dict[Any, list[int]] = {}
        self._signs: dict[int, int] = {}

    def __enter__(self) -> Field:
        _entered.append((self, flint.ctx.prec))
        flint.ctx.prec = self.memory.bits
        return self

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = _entered.pop()[1]

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Forget after the block what the field and its memory learn inside it. Numbers made there become invalid."""
        before = {name: _copied(x) for name, x in vars(self).items()}
        try:
            yield
        finally:
            vars(self).update(before)

    def adjoin(self, kind: str, spelling: str | Callable[[], str], value: Any, **known: Any) -> Generator:
        """A new generator. `relation` and `power` say that generator ** power is a polynomial in earlier ones."""
        if len(self.generators) == self.memory.generators:
            self.memory.generators *= 2
            raise Restart
        index = self.memory.generators - 1 - len(self.generators)
        made = Generator(kind, index, spelling, value, **known)
        self.generators.append(made)
        if made.relation is not None:
            self.related.insert(0, (made, self.context.gen(index) ** made.power - made.relation))
        return made

    def open_cell(self) -> None:
        """Make the comparisons recorded so far strict, so that each point of the cell has a neighbourhood in it."""
        for i in range(self._strict, len(self.conditions)):
            condition = self.conditions[i]
            if condition.relation in STRICT:
                self.conditions[i] = replace(condition, relation=STRICT[condition.relation])
        self._strict, self.open = len(self.conditions), True

    def at(self, index: int) -> Generator:
        """The generator at a position among the variables of the polynomials."""
        return self.generators[self.memory.generators - 1 - index]

    def reduced(self, p: Polynomial) -> Polynomial:
        """The polynomial in which no generator stands to a power that its relation replaces."""
        if len(p) > self.most_terms:
            raise TooLarge(f"an expression of {len(p)} terms")
        if self.related:
            degrees = p.degrees()
            for generator, relation in self.related:
                if degrees[generator.index] >= generator.power:
                    p = divmod(p, relation)[1]
                    degrees = p.degrees()
        return p

    def product(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """p q, reduced.

        Raises
        ------
        TooLarge
            Where the product would take too long.
        """
        if len(p) * len(q) > 50 * self.most_terms:
            raise TooLarge(f"a product of {len(p)} and {len(q)} terms")
        return self.reduced(p * q)

    def factors(self, p: Polynomial) -> Factors:
        """A rational, and pairs of the number of an atom and its exponent, whose product is p."""
        known = self._factored.setdefault(_bucket(p), [])
        for other, factors in known:
            if other == p:
                return factors
        if len(p) > FACTORED_TERMS or (len(p) > 1 and p.total_degree() > FACTORED_DEGREE):
            lead = p.leading_coefficient()
            constant, parts = lead, [(p / lead, 1)]
        elif len(p) == 1:
            [(monomial, constant)] = p.to_dict().items()
            parts = [(self.context.gen(i), int(e)) for i, e in enumerate(monomial) if e]
        elif p.total_degree() == 1:  # flint is slow where there are many generators
            constant = _content(p)
            parts = [(p / constant, 1)]
        else:
            constant, parts = p.factor()
            parts = [(q, int(e)) for q, e in parts]
        result = flint.fmpq(constant), [(self._number_of(q), e) for q, e in parts]
        known.append((p, result))
        return result

    def _number_of(self, p: Polynomial) -> int:
        numbers = self._numbers.setdefault(_bucket(p), [])
        for number in numbers:
            if self.atoms[number].polynomial == p:
                return number
        self.atoms.append(Atom(p, self.value_of(p)))
        numbers.append(len(self.atoms) - 1)
        return numbers[-1]

    def root_of(self, number: int) -> Generator | None:
        """The root that an atom is; None for other atoms."""
        p = self.atoms[number].polynomial
        if len(p) > 1:
            return None
        generator = self.at(p.degrees().index(1))
        return generator if generator.kind == "root" else None

    def value_of(self, p: Polynomial) -> Any:
        """A ball that holds the polynomial's value at the sample."""
        total, powers = flint.arb(0), dict[tuple[int, int], Any]()
        used = [(index, self.at(index).value) for index, degree in enumerate(p.degrees()) if degree > 0]
        for monomial, coefficient in p.to_dict().items():
            term = flint.arb(coefficient)
            for index, value in used:
                exponent = monomial[index]
                if exponent:
                    power = powers.get((index, exponent))
                    if power is None:
                        power = powers[index, exponent] = value**exponent
                    term *= power
            total += term
        return total

    def sign_of(self, p: Polynomial, *, on_cell: bool = True) -> int:
        """1 or -1 if the polynomial has this sign on the whole cell (or wherever it is defined), else 0.

        Shown by the signs of its terms: each is a product of positive generators and of even powers, and one of them
        cannot vanish.
        """
        signs, definite = set(), False
        used = [
            (index, 1 if self.at(index).positive else self.signs.get(index, 0) if on_cell else 0)
            for index, degree in enumerate(p.degrees())
            if degree > 0
        ]
        for monomial, coefficient in p.to_dict().items():
            sign, nonzero = 1 if coefficient > 0 else -1, True
            for index, known in used:
                exponent = monomial[index]
                if exponent:
                    if exponent % 2 and not known:
                        return 0
                    sign *= known if exponent % 2 else 1
                    nonzero = nonzero and known != 0 and index not in self.may_vanish
            definite = definite or nonzero
            signs.add(sign)
        return signs.pop() if definite and len(signs) == 1 else 0

    def sign_of_atom(self, number: int) -> int:
        """The sign of an atom on the cell. Once known, it stays: conditions are only added."""
        sign = self._signs.get(number)
        if sign is None:
            sign = self.sign_of(self.atoms[number].polynomial)
            if sign:
                self._signs[number] = sign
        return sign

    def forget_cell(self) -> None:
        """Drop all recorded conditions and divisors, and what they say of signs."""
        self.conditions.clear()
        self.divisors.clear()
        self.signs.clear()
        self.may_vanish.clear()
        self._signs.clear()
        self._strict, self.open = 0, False

    def divide_by(self, number: int, what: str = "a divisor") -> None:
        """Record that an atom is not 0 on the cell.

        An atom made of unknown functions is not 0 for all of them.

        Raises
        ------
        Undecided
            If its ball at the sample contains 0.
        """
        atom = self.atoms[number]
        if atom in self.divisors or self.sign_of_atom(number):
            return
        if not atom.value.is_nan() and (not atom.value.is_finite() or atom.value.contains(0)):
            raise Undecided(f"{what} may be 0 at the sample")
        self.divisors.append(atom)


def _copied(x: Any) -> Any:
    """A copy of a field's attribute, with all in it that changes: lists, tables, and what has a method `copied`."""
    if isinstance(x, Memory):
        return replace(x, fineness=dict(x.fineness))
    if isinstance(x, dict):
        return {key: _copied(known) for key, known in x.items()}
    if isinstance(x, list | set):
        return type(x)(_copied(known) for known in x)
    return x.copied() if hasattr(x, "copied") else x


def _bucket(p: Polynomial) -> Any:
    """A key that equal polynomials share; they cannot be hashed."""
    return str(p) if len(p) <= 8 else len(p)


def _content(p: Polynomial) -> Any:
    """The rational by which a polynomial is a primitive one over the integers with a positive first coefficient."""
    coefficients = p.coeffs()
    below = lcm(*(int(c.q) for c in coefficients))
    above = gcd(*(int(c * below) for c in coefficients))
    return flint.fmpq(above if coefficients[0] > 0 else -above, below)


_entered: list[tuple[Field, int]] = []


def current() -> Field:
    """The field in which the program computes.

    Raises
    ------
    RuntimeError
        Outside of any field.
    """
    if not _entered:
        raise RuntimeError("exact numbers exist only inside `with Field():`")
    return _entered[-1][0]
