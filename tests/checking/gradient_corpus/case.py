"""A record of the corpus: a function, hand-written code that claims its derivative, and what is true of the claim."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS = ("right", "wrong", "delicate", "opaque right", "opaque wrong")


@dataclass(frozen=True)
class Case:
    """One claim.

    `points` holds one tuple of inputs for each call; the claim is right, or wrong, at every one of them. `claim` is the
    keyword that the checker takes: gradient, jacobian, pullback or slope. `slip` is the keyword the checker should
    find in what went wrong, a tuple where several say the same, or None where several are plausible; `factor` is the
    whole number that a "factor" mentions, as itself or as its reciprocal. `evidence` is how the corpus knows:
    "differences" (extrapolated central differences whose first step is `step`), "complex step" (for analytic code,
    exact to rounding), a function of the inputs that gives the derivative from elsewhere, to the relative accuracy
    `rtol`, or "argued", and then `why` is the argument.
    """

    name: str
    kind: str
    function: Callable[..., Any]
    points: tuple[tuple[Any, ...], ...]
    claim: dict[str, Any]
    why: str = ""
    slip: str | tuple[str, ...] | None = None
    factor: int | None = None
    evidence: str | Callable[..., Any] = "differences"
    step: float = 0.01
    rtol: float = 1e-8

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: expected a kind among {KINDS}, got {self.kind!r}")
        if len(self.claim) != 1 or not set(self.claim) <= {"gradient", "jacobian", "pullback", "slope"}:
            raise ValueError(f"{self.name}: expected gradient, jacobian, pullback or slope, got {sorted(self.claim)}")
        if self.kind != "right" and self.kind != "opaque right" and not self.why:
            raise ValueError(f"{self.name}: a {self.kind} record says why")
        if not self.points or not all(isinstance(inputs, tuple) for inputs in self.points):
            raise ValueError(f"{self.name}: expected at least one tuple of inputs, got {self.points!r}")


OPTIONS = ("slip", "factor", "evidence", "step", "rtol")


def _case(kind: str, name: str, function: Callable[..., Any], points: Any, why: str, keywords: dict[str, Any]) -> Case:
    options = {key: keywords.pop(key) for key in OPTIONS if key in keywords}
    return Case(name, kind, function, tuple(points), keywords, why, **options)


def right(name: str, function: Callable[..., Any], points: Any, *, opaque: bool = False, **keywords: Any) -> Case:
    """A correct claim; verdict pass."""
    return _case("opaque right" if opaque else "right", name, function, points, "", keywords)


def wrong(
    name: str, function: Callable[..., Any], points: Any, why: str, *, opaque: bool = False, **keywords: Any
) -> Case:
    """A claim that is wrong at every point, for the reason `why`; verdict fail."""
    return _case("opaque wrong" if opaque else "wrong", name, function, points, why, keywords)


def delicate(name: str, function: Callable[..., Any], points: Any, why: str, **keywords: Any) -> Case:
    """Correct code at a point where it is hard to see: verdict pass or unchecked, never fail."""
    return _case("delicate", name, function, points, why, keywords)
