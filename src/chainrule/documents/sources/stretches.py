"""Text that remembers where in the file each of its characters came from, through cuts and repairs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from chainrule.documents.sources.pieces import Piece

Edit = tuple[int, int, str]
"""First and last position, and the text that takes the place of the characters between."""


@dataclass(frozen=True)
class Stretch:
    """A text cut out of a file, perhaps edited.

    Attributes
    ----------
    text : str
    origins : tuple of (position, offset)
        The character at `position` stands at `offset` in the file, and those after it follow, up to the next run.
    """

    text: str
    origins: tuple[tuple[int, int], ...] = ((0, 0),)

    def origin(self, position: int) -> int:
        """The offset in the file of a character.

        >>> Stretch("a rac b").edited([(2, 2, "\\\\f")]).origin(4)
        2
        """
        start, offset = self.origins[max(bisect_right(self.origins, (position, 1 << 60)) - 1, 0)]
        return offset + position - start

    def cut(self, first: int, last: int) -> Stretch:
        """The text from `first` to `last`."""
        after = bisect_right(self.origins, (first, 1 << 60))
        runs = [(0, self.origin(first))]
        while after < len(self.origins) and self.origins[after][0] < last:
            position, offset = self.origins[after]
            runs.append((position - first, offset))
            after += 1
        return Stretch(self.text[first:last], tuple(runs))

    def edited(self, edits: Iterable[Edit]) -> Stretch:
        """The text after replacements, which must be in order; one that overlaps an earlier one is left out.

        New characters stand where the replaced ones stood.
        """
        parts: list[str] = []
        runs: list[tuple[int, int]] = []
        length = end = 0

        def keep(first: int, last: int) -> None:
            nonlocal length
            if first < last:
                piece = self.cut(first, last)
                parts.append(piece.text)
                runs.extend((length + position, offset) for position, offset in piece.origins)
                length += last - first

        for first, last, new in edits:
            if first < end:
                continue
            keep(end, first)
            for at, _ in enumerate(new):
                runs.append((length + at, self.origin(min(first + at, max(last - 1, first)))))
            parts.append(new)
            length += len(new)
            end = last
        if not parts and not end:
            return self
        keep(end, len(self.text))
        return Stretch("".join(parts), tuple(runs) or ((0, self.origin(end)),))

    def stripped(self) -> Stretch:
        """Without the space around it."""
        left = len(self.text) - len(self.text.lstrip())
        return self.cut(left, max(len(self.text.rstrip()), left))


@dataclass(frozen=True)
class Sheet:
    """A file, or a cell of a notebook, in which offsets have lines and columns."""

    text: str
    cell: int | None = None

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        while (found := self.text.find("\n", starts[-1])) >= 0:
            starts.append(found + 1)
        return starts

    def line(self, offset: int) -> int:
        """The line, from 1, of an offset."""
        return bisect_right(self._starts, offset)

    def piece(self, kind: str, stretch: Stretch, environment: str = "") -> Piece:
        """A piece whose runs begin at every line and after every edit."""
        begins = {position for position, _ in stretch.origins}
        at = stretch.text.find("\n") + 1
        while 0 < at < len(stretch.text):
            begins.add(at)
            at = stretch.text.find("\n", at) + 1
        starts = []
        for position in sorted(begins):
            offset = stretch.origin(position)
            line = self.line(offset)
            starts.append((position, line, offset - self._starts[line - 1] + 1))
        return Piece(kind, stretch.text, tuple(starts), environment, self.cell)
