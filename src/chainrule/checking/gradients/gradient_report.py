"""The report of `check_gradient`."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checking.rule_report import Mismatch, Unchecked


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `check_gradient`.

    Attributes
    ----------
    function : str
        Name of the differentiated function.
    claim : {"gradient", "jacobian", "pullback", "slope"}
        The form of the derivative.
    method : str
        "balls of 300 bits", or "Taylor remainder" if a function does not run on balls.
    checked : int
        Number of derivatives that agree.
    failures : tuple of Mismatch
        Entries proven wrong, with the claimed and the true value.
    unchecked : tuple of Unchecked
        Undecided entries, such as derivatives at kinks, with the reason.
    slip : str or None
        The single change that explains all wrong entries, if one was found.
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
        """ "fail" if an entry is wrong, else "pass" if an entry is right, else "unchecked"."""
        if self.failures:
            return "fail"
        return "pass" if self.checked else "unchecked"

    @property
    def ok(self) -> bool:
        """True if there are no failures."""
        return not self.failures

    def __str__(self) -> str:
        count = "1 derivative" if self.checked == 1 else f"{self.checked} derivatives"
        lines = [f"{self.function}: {self.claim}: {self.verdict} ({count} agree, by {self.method})"]
        lines += [f"  {failure.entry}: got {failure.got}, expected {failure.expected}" for failure in self.failures]
        if self.slip:
            lines.append(f"  likely slip: {self.slip}")
        lines += [f"  unchecked: {reason.reason}" for reason in self.unchecked]
        return "\n".join(lines)
