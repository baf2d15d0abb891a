"""Results of checks: mismatches with entry and values, undecided comparisons, and measured errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Mismatch:
    """Two values that should be equal and differ.

    >>> print(Mismatch("tanh", "pullback against quotients", "x[0, 2]", "-0.5", "0.5"))
    tanh: pullback against quotients: x[0, 2]: got -0.5, expected 0.5
    """

    rule: str
    check: str
    entry: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.check}: {self.entry}: got {self.got}, expected {self.expected}"


@dataclass(frozen=True)
class Unchecked:
    """A comparison that could not be decided, and the reason."""

    check: str
    reason: str
    more_bits_may_help: bool = False

    def __str__(self) -> str:
        return f"{self.check}: {self.reason}"


Finding: TypeAlias = Mismatch | Unchecked


@dataclass(frozen=True)
class RuleReport:
    """The outcome of `check_rule`.

    Attributes
    ----------
    rule : str
    failures : tuple of Mismatch
    unchecked : tuple of Unchecked
        Comparisons that stayed undecided; they do not count as failures.
    passed : tuple of str
        The names of the checks that found no mismatch.
    worst_ulp : mapping
        The largest error of the float results in ulp, by form and dtype, such as ``"vjp float32"``.
    slip : str or None
        The single change that explains a wrong pullback, if one was found.
    """

    rule: str
    failures: tuple[Mismatch, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    passed: tuple[str, ...] = ()
    worst_ulp: Mapping[str, float] = field(default_factory=dict)
    slip: str | None = None

    @property
    def verdict(self) -> str:
        """ "fail" if a check failed, else "pass" if a check passed, else "unchecked"."""
        if self.failures:
            return "fail"
        return "pass" if self.passed else "unchecked"

    @property
    def ok(self) -> bool:
        """True if there are no failures."""
        return not self.failures

    def __str__(self) -> str:
        lines = [str(failure) for failure in self.failures]
        lines += [f"{self.rule}: likely slip: {self.slip}"] if self.slip else []
        lines += [f"{self.rule}: unchecked: {reason}" for reason in self.unchecked]
        lines += [f"{self.rule}: {form}: {error:.3g} ulp" for form, error in self.worst_ulp.items()]
        return "\n".join(lines) or f"{self.rule}: nothing was checked"
