"""The pieces of a document: prose, formulas, headings and declarations, in their order, with their lines."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

KINDS = ("prose", "display", "inline", "heading", "end", "declarations", "code")
"""`display` formulas make claims, `inline` ones stand in a sentence. `declarations` is the block in which a document
states kinds and conventions for the checker. At an `end` an example or a proof is over. `code` is shown to nobody
else."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text of one kind.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    text : str
        Without the marks around it: LaTeX for formulas, plain words for prose and headings.
    starts : tuple of (position, line, column)
        Where runs of the text come from: the character at `position` stands in the file at this line and column (from
        1), and those after it follow, up to the next run.
    environment : str
        For a formula: the innermost environment that holds all of it ("align", "gather*", "aligned"), else its marks
        ("$$", "\\[", "$" for one that has its lines for itself, "math" for a block of code or a directive), or "plain"
        where it is no LaTeX. For a heading: its level, 1 to 6, 7 for a bold line or "(a)", and 8 where an
        example, a theorem or a proof begins. For code: its language.
    cell : int or None
        The number of the cell of a notebook, from 0; lines then count within the cell.
    """

    kind: str
    text: str
    starts: tuple[tuple[int, int, int], ...]
    environment: str = ""
    cell: int | None = None

    @property
    def level(self) -> int:
        """The level of a heading, or of the end of an environment; 7 if nothing tells it."""
        return int(self.environment) if self.environment.isdigit() else 7

    @property
    def lines(self) -> range:
        """The lines from the first character to the last."""
        return range(self.place_of(0)[0], self.place_of(max(len(self.text) - 1, 0))[0] + 1)

    def place_of(self, position: int) -> tuple[int, int]:
        """The line and the column, from 1, of a character of the text.

        >>> Piece("prose", "abc def", ((0, 3, 1), (4, 4, 2))).place_of(5)
        (4, 3)
        """
        run = max(bisect_right(self.starts, (position, 1 << 60, 1 << 60)) - 1, 0)
        start, line, column = self.starts[run]
        before = self.text[start:position]
        return line + before.count("\n"), (
            column + len(before) if "\n" not in before else len(before.split("\n")[-1]) + 1
        )


@dataclass(frozen=True)
class Pieces:
    """A document in pieces.

    Attributes
    ----------
    name : str
        The file's name.
    format : str
        "markdown", "latex", "notebook", "rst" or "text".
    pieces : tuple of Piece
    macros : tuple of (name, number of arguments, replacement)
        The commands that the document defines; no formula holds a definition.
    notes : tuple of (line, text)
        What was repaired or left out: an environment without an end, a damaged command.
    text : str
        The whole file, with "\\n" at the end of its lines and without a byte order mark.
    """

    name: str
    format: str
    pieces: tuple[Piece, ...]
    macros: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    text: str = ""
