"""Arrays of variables with a domain: real numbers, positive ones, rows of probabilities, one-hot rows.

>>> p = InputArray("p", (3,), "probabilities")
>>> list(map(str, p.comparisons()))
['p0 > 0', 'p1 > 0', '1 - p0 - p1 > 0']
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from chainrule.algebra import Constraint

DOMAINS = ("real", "positive", "nonzero", "unit", "probabilities", "one-hot")
MOST_LABELS = 256


@dataclass(frozen=True)
class InputArray:
    """One array of a computation.

    Attributes
    ----------
    name : str
    shape : tuple of int
    domain : str
        One of `DOMAINS`.
    """

    name: str
    shape: tuple[int, ...]
    domain: str = "real"

    def variables(self) -> list[str]:
        """The names of its variables: x0, x1, ..., or x for a number. The last probability of a row is no variable."""
        if self.domain == "one-hot":
            return []
        if not self.shape:
            return [self.name]
        last = self.shape[-1]
        every = range(int(np.prod(self.shape)))
        return [f"{self.name}{i}" for i in every if self.domain != "probabilities" or i % last < last - 1]

    @property
    def positive(self) -> bool:
        """True if all variables are positive."""
        return self.domain in ("positive", "unit", "probabilities")

    def comparisons(self) -> Iterator[Constraint]:
        """The conditions that the domain puts on the variables."""
        zero, one = Fraction(0), Fraction(1)
        names = self.variables()
        if self.positive or self.domain == "nonzero":
            relation = ">" if self.positive else "!="
            yield from (Constraint(name, relation, {name: one}, zero) for name in names)
        groups: list[list[str]] = []
        if self.domain == "unit":
            groups = [[name] for name in names]
        elif self.domain == "probabilities":
            count = max(self.shape[-1] - 1, 1)
            groups = [names[i : i + count] for i in range(0, len(names), count)]
        for group in groups:
            yield Constraint(" - ".join(["1", *group]), ">", dict.fromkeys(group, -one), one)

    def filled(self, numbers: Mapping[str, Any], labels: Mapping[str, Any]) -> Any:
        """The array as objects, from the numbers of the variables by name, and one-hot arrays by name."""
        if self.domain == "one-hot":
            return labels[self.name].astype(object)
        made = np.empty(int(np.prod(self.shape, dtype=int)), dtype=object)
        last, names = self.shape[-1] if self.shape else 1, iter(self.variables())
        for i in range(made.size):
            if self.domain == "probabilities" and i % last == last - 1:
                made[i] = 1 - sum(made[i - last + 1 : i].tolist())
            else:
                made[i] = numbers[next(names)]
        return made.reshape(self.shape)

    def labels(self) -> list[tuple[str, Any]]:
        """All one-hot arrays of the shape, with the name; one entry without meaning for other domains.

        Raises
        ------
        ValueError
            If there are too many.
        """
        if self.domain != "one-hot":
            return [(self.name, None)]
        *rows, classes = self.shape
        count = int(np.prod(rows, dtype=int))
        if classes**count > MOST_LABELS:
            raise ValueError(f"{self.name}: expected at most {MOST_LABELS} choices of labels, got {classes**count}")
        unit = np.eye(classes, dtype=int)
        return [(self.name, unit[list(c)].reshape(self.shape)) for c in product(range(classes), repeat=count)]


def samples(arrays: Sequence[InputArray], count: int) -> Iterator[dict[str, Fraction]]:
    """Values of all variables, `count` times: no two of the same size; positive at first, then of mixed signs."""
    chosen = random.Random(0)
    for number in range(count):
        values: dict[str, Fraction] = {}
        for array in arrays:
            names = array.variables()
            one = 1 << max(10, (5 * len(names)).bit_length() + 1)
            most = one if array.domain in ("unit", "probabilities") else 3 * one
            sizes = [Fraction(size, one) for size in chosen.sample(range(one // 16, most, 5), len(names))]
            if array.domain == "probabilities" and names:
                sizes = [size / (2 * (array.shape[-1] - 1)) for size in sizes]
            signs = [1 if array.positive or number == 0 else chosen.choice((-1, 1)) for _ in names]
            values |= {name: sign * size for name, sign, size in zip(names, signs, sizes, strict=True)}
        yield values
