"""What `check_gradient` found."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checking.findings import Mismatch, Unchecked


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `check_gradient`.

    Attributes
    ----------
    function : str
        The name of the function that was differentiated.
    claim : {"gradient", "jacobian", "pullback", "slope"}
        What was checked.
    method : str
        "balls of 300 bits", or "Taylor remainder" where the functions do not run on balls.
    checked : int
        How many derivatives were compared and found equal.
    failures : tuple of Mismatch
        Entries that are certainly wrong, with the value given and the true one.
    unchecked : tuple of Unchecked
        What could not be decided, such as derivatives at kinks, and why.
    slip : str or None
        The single change that explains every wrong entry, where there is one.
    """

    function: str
    claim: str
    method: str
    checked: int = 0
    failures: tuple[Mismatch, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    slip: str | None = None

    @property
    def verdict(self) -> str:
        """ "fail" if an entry is wrong; else "pass" if anything was found right; else "unchecked"."""
        if self.failures:
            return "fail"
        return "pass" if self.checked else "unchecked"

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.failures

    def __str__(self) -> str:
        count = "1 derivative" if self.checked == 1 else f"{self.checked} derivatives"
        lines = [f"{self.function}: {self.claim}: {self.verdict} ({count} agree, by {self.method})"]
        lines += [f"  {failure.entry}: got {failure.got}, expected {failure.expected}" for failure in self.failures]
        if self.slip:
            lines.append(f"  likely slip: {self.slip}")
        lines += [f"  unchecked: {reason.reason}" for reason in self.unchecked]
        return "\n".join(lines)
