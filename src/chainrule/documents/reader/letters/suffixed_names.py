r"""Suffixes of names: the layer, and which one it is of the letters with the same name.

The reader writes z^{(l+1)} as z__l_plus_1, z in the third part of a document as z__part_3, z from line 7 on as
z__line_7, and the unknown function in place of a loss J as J__any.
"""

from __future__ import annotations

import re
from typing import NamedTuple

EACH = "__each"
"""The end of the name of an array that holds a letter of all examples: the columns of x__each are the x^{(i)}."""

GIVEN = "__given_"
"""Stands in the names of probabilities, before the number of their event."""

_SUFFIX = re.compile(r"__(?:part_\d+|line_\d+|any|one)")
"""Tells a name from the same name in another part of the document."""

_LAYER = re.compile(
    r"(?P<base>.*)__(?:(?P<number>\d+)|(?P<letter>[A-Za-z]+?)(?:_(?P<sign>plus|minus)_(?P<count>\d+))?)\Z"
)


class NameInLayer(NamedTuple):
    """A name with a layer: z^{(l+1)} has the base z, the letter l and the number 1; z^{(2)} has no letter."""

    base: str
    letter: str
    number: int

    @property
    def name(self) -> str:
        """The name as the reader writes it.

        >>> NameInLayer("z", "l", -1).name, NameInLayer("z", "L", 0).name, NameInLayer("z", "", 2).name
        ('z__l_minus_1', 'z__L', 'z__2')
        """
        if not self.letter:
            return f"{self.base}__{self.number}"
        added = f"_plus_{self.number}" if self.number > 0 else f"_minus_{-self.number}" if self.number else ""
        return f"{self.base}__{self.letter}{added}"


def layer_of(name: str) -> NameInLayer | None:
    """The layer of a name; None if it has none.

    >>> layer_of("z__l_plus_1")
    NameInLayer(base='z', letter='l', number=1)
    >>> layer_of("z__part_3")
    """
    match = _LAYER.match(name)
    if match is None or match["base"].startswith("_") or match["letter"] in ("part", "any"):
        return None
    if match["number"]:
        return NameInLayer(match["base"], "", int(match["number"]))
    count = int(match["count"] or 0)
    return NameInLayer(match["base"], match["letter"], -count if match["sign"] == "minus" else count)


MADE_UP = re.compile(r"(?<=\w)(?:__(?:part|block|line)_\d+(?![^\W_])|(?:__of_[a-z0-9]+|__(?:any|one|each|all)|_of)\b)")
"""All that the reader adds to a name to tell it from others, but for layers."""


def letter_of(name: str) -> str:
    """The letter of a name, without what tells it from the same letter elsewhere, and without its layer.

    >>> letter_of("z__l_plus_1"), letter_of("x_hat__part_2")
    ('z', 'x_hat')
    """
    return name.split("__")[0]


def name_as_written(name: str) -> str:
    """A name without the suffix that tells it from the same name in another part; the number of a layer stays.

    >>> name_as_written("b__1__part_2")
    'b__1'
    """
    return _SUFFIX.sub("", name)


def lost_name(name: str) -> str:
    """The name of the unknown function that stands for a loss.

    >>> lost_name("J")
    'J__any'
    """
    return f"{name}__any"
