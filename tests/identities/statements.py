"""Statements that are proved in exact numbers, and the tests that each of them can fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chainrule.algebra import exact_numbers
from chainrule.checking import Proof
from chainrule.checking.proofs.identity_proofs import prove_equalities

from .claims import claim_of

N = ("n",)
SLIP = 1e-7
"""An error that proofs notice."""


@dataclass(frozen=True)
class Statement:
    """Equalities of exact numbers: a function that yields (name, left, right), and the shapes of its arrays."""

    equalities: Callable[..., Any]
    shapes: Mapping[str, tuple[int | str, ...]]
    domains: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def proof(self) -> Proof:
        """The proof of all equalities."""
        return self._proof(self.equalities)

    def with_a_slip(self, number: int) -> Proof:
        """The proof in which the right side of one equality, counted from 0, is wrong by `SLIP`."""

        def equalities(**arrays: Any) -> Any:
            for i, (entry, left, right) in enumerate(self.equalities(**arrays)):
                yield entry, left, exact_numbers(right) + SLIP * (i == number)

        return self._proof(equalities)

    def count(self) -> int:
        """The number of equalities at the smallest sizes."""

        def counted(**arrays: Any) -> Any:
            yield "count", len(list(self.equalities(**arrays))), 0

        report = self._proof(counted)
        return int(float(report.failures[0].partition("got ")[2].partition(",")[0]))

    def _proof(self, equalities: Callable[..., Any]) -> Proof:
        return prove_equalities(equalities, shapes=self.shapes, domains=self.domains, sizes=self.sizes, seconds=60)


def proof_tests(statements: Mapping[str, Statement], file: str) -> tuple[Callable[[str], None], Callable[[str], None]]:
    """Two tests of a file: each statement is proved as claimed; with a slip in any equality it is refuted."""

    @pytest.mark.parametrize("key", statements)
    def proved(key: str) -> None:
        report = statements[key].proof()
        assert report.claim == claim_of(key, Path(file).name), str(report)

    @pytest.mark.parametrize("key", statements)
    def refuted(key: str) -> None:
        for number in range(statements[key].count()):
            report = statements[key].with_a_slip(number)
            assert report.verdict == "fail", f"equality {number}: {report}"

    return proved, refuted
