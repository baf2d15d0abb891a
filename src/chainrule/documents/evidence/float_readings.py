"""How floats of code are read in a claim: as they are, as simple numbers, or as numbers that were rounded.

The float 1e-6 in a program is not the number 10^{-6} of a text. So a claim about code holds if it holds for the floats
or for the simple numbers that they stand for, and it is wrong only if it differs whatever was rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.algebra import Attempt

BY_ROUNDING = "the sides differ by no more than what the rounding of constants in the code explains"


@dataclass(eq=False)
class FloatReading:
    """A way to read floats, and what was read.

    Parameters
    ----------
    ideal : bool
        True if floats are the simple numbers that they stand for.
    rounded : bool
        True if only the first bits of floats are known.

    Attributes
    ----------
    floats : set of float
        The floats that were read as they are, and may have been rounded.
    constants : dict
        The floats that were read as simple numbers, with their texts.
    """

    ideal: bool = False
    rounded: bool = False
    floats: set[float] = field(default_factory=set)
    constants: dict[float, str] = field(default_factory=dict)

    def note(self, outcome: Attempt) -> None:
        """Keep what a computation read."""
        self.floats.update(outcome.floats)
        self.constants.update(outcome.idealised)

    @property
    def texts(self) -> tuple[str, ...]:
        """The simple numbers in words.

        >>> FloatReading(constants={1e-6: "1/1000000"}).texts
        ('1e-06 = 1/1000000',)
        """
        return tuple(f"{x!r} = {text}" for x, text in sorted(self.constants.items()))
