"""Random formulas, evaluated in exact numbers and, independently, in balls; and exact numbers at other points."""

import operator
from fractions import Fraction

import flint
from flint import arb

from chainrule.algebra import Exact, Undecided
from chainrule.algebra.special_functions import FUNCTIONS

BITS = 300


def _decided(a, b, holds, fails):
    if holds(a, b):
        return True
    if fails(a, b):
        return False
    raise Undecided("two balls overlap")


def _less(a, b):
    return _decided(a, b, operator.lt, operator.ge)


class OutOfDomain(Exception):
    """A function of a ball outside its domain."""


def _positive(function):
    """A function of a positive ball."""

    def checked(a):
        if _less(a, 0):
            raise OutOfDomain
        if a.contains(0):
            raise Undecided("a ball that contains 0")
        return function(a)

    return checked


def _cbrt(a):
    return -((-a).root(3)) if _less(a, 0) else _positive(lambda b: b.root(3))(a)


def _divided(a, b):
    _less(b, 0)
    return a / b


def _power(a, b):
    if _less(a, 0) and b.is_exact() and not b.is_integer():
        raise OutOfDomain
    return a**b


EXACT = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "neg", "abs")},
    **FUNCTIONS,
    "square": lambda a: a * a,
    "maximum": lambda a, b: a if a > b else b,
    "minimum": lambda a, b: a if a <= b else b,
    "where": lambda a, b, c, d: c if a < b else d,
}
"""Functions of exact numbers, by name."""

IN_BALLS = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "neg", "abs")},
    **{name: getattr(arb, name) for name in ("exp", "expm1", "sinh", "cosh", "tanh", "log1p")},
    **{name: getattr(arb, name) for name in ("sin", "cos", "tan", "erf", "erfc", "digamma", "gamma")},
    "log": _positive(arb.log),
    "sqrt": _positive(arb.sqrt),
    "truediv": _divided,
    **{f"arc{name}": getattr(arb, f"a{name}") for name in ("tan", "sin", "cos", "sinh", "cosh", "tanh")},
    "arctan2": lambda y, x: arb.atan2(y, x),
    "gammaln": arb.lgamma,
    "ndtr": lambda a: (-a / arb(2).sqrt()).erfc() / 2,
    "cbrt": _cbrt,
    "power": _power,
    "square": lambda a: a * a,
    "maximum": lambda a, b: b if _less(a, b) else a,
    "minimum": lambda a, b: a if _less(a, b) else b,
    "where": lambda a, b, c, d: c if _less(a, b) else d,
}
"""The same functions of balls, by flint alone."""


def evaluate(formula, inputs, functions, number):
    """The value of a formula: an index of an input, a Fraction, or the name of a function and its arguments."""
    if isinstance(formula, int):
        return inputs[formula]
    if isinstance(formula, Fraction):
        return number(formula)
    name, *arguments = formula
    return functions[name](*(evaluate(a, inputs, functions, number) for a in arguments))


def as_ball(x):
    """A fraction as a ball; a ball unchanged."""
    return x if isinstance(x, arb) else arb(flint.fmpq(x.numerator, x.denominator))


def exactly(formula, x):
    """The value of a formula of exact numbers."""
    return evaluate(formula, x, EXACT, Exact)


def in_balls(formula, point):
    """The value of a formula at fractions or balls."""
    return evaluate(formula, [as_ball(x) for x in point], IN_BALLS, as_ball)


CONSTANTS = [Fraction(0), Fraction(1), Fraction(2), Fraction(-3), Fraction(1, 2), Fraction(12), Fraction(-2, 3)]
EXPONENTS = [Fraction(n, d) for n, d in ((1, 2), (1, 3), (-1, 2), (2, 1), (-2, 1), (3, 2), (2, 3))]
ARGUMENTS = {"where": 4, **dict.fromkeys(("add", "sub", "mul", "truediv", "maximum", "minimum", "arctan2"), 2)}


def random_formula(stream, names, depth, inputs=3):
    """A formula of the functions with these names."""
    if depth == 0 or stream.random() < 0.15:
        return stream.randrange(inputs) if stream.random() < 0.75 else stream.choice(CONSTANTS)
    name = stream.choice(names)
    parts = [random_formula(stream, names, depth - 1, inputs) for _ in range(ARGUMENTS.get(name, 1))]
    return (name, *parts, stream.choice(EXPONENTS)) if name == "power" else (name, *parts)


_OF_GENERATOR = {
    "exp": arb.exp,
    "log": arb.log,
    "sin": arb.sin,
    "cos": arb.cos,
    "arctan": arb.atan,
    "arcsin": arb.asin,
    "erf": arb.erf,
    "gammaln": arb.lgamma,
}


class At:
    """The exact numbers of a field at another point: each generator by its definition, and sums of monomials."""

    def __init__(self, field, point):
        self.field, self.known, self.point = field, {}, iter(point)
        for generator in field.generators:
            if generator.kind == "variable":
                self.known[generator.index] = as_ball(next(self.point))

    def number(self, a):
        result = self.polynomial(a.num)
        for k, exponent in a.den:
            result /= self.polynomial(self.field.atoms[k].polynomial) ** exponent
        return result

    def polynomial(self, p):
        total = arb(0)
        for monomial, coefficient in p.to_dict().items():
            term = arb(coefficient)
            for index, exponent in enumerate(monomial):
                if exponent:
                    term *= self.generator(index) ** exponent
            total += term
        return total

    def generator(self, index):
        if index not in self.known:
            self.known[index] = self._value(self.field.at(index))
        return self.known[index]

    def _value(self, generator):
        if generator.kind == "constant":
            return {"pi": arb.pi, "euler": arb.const_euler}[generator.text]()
        [(argument, _)] = generator.slopes
        x = self.number(argument)
        if generator.kind == "root":
            return x.root(generator.power)
        if generator.kind == "polygamma":
            order = generator.rebuild.args[0]
            return x.digamma() if order == 0 else flint.acb(x).polygamma(order).real
        return _OF_GENERATOR[generator.kind](x)

    def is_in_the_cell(self):
        """True if all conditions certainly hold and all divisors are certainly not 0."""
        tests = {">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__", "!=": "__ne__"}
        return all(getattr(self.number(c.number), tests[c.relation])(arb(0)) for c in self.field.conditions) and all(
            not self.polynomial(atom.polynomial).contains(0) for atom in self.field.divisors
        )
