"""Declarations in a file of their own, or given as text beside a document."""

from __future__ import annotations

import re

from chainrule.documents.reader.declaring.declarations import Block
from chainrule.documents.sources.declared import COMMENT_MARK
from chainrule.documents.sources.pieces import Piece

_DASHES = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_SECTION = re.compile(r"^[ \t]*section[ \t]*:[^\n]*", re.MULTILINE)


def unmarked(text: str) -> str:
    """Declarations without the marks by which a document tells them from its text, on the same lines.

    >>> unmarked("---\\nn: size\\n%! x: column n\\n---")
    '\\nn: size\\nx: column n\\n'
    """
    return COMMENT_MARK.sub("", _DASHES.sub("", text))


def problems_in(text: str) -> list[tuple[int, str]]:
    """The lines of declarations that are not understood, with what was expected.

    Whether a section exists is known only with a document, so lines that name sections are passed over.

    >>> problems_in("n: size\\nx: columm n")[0][0]
    2
    """
    block = Block()
    block.read(Piece("declarations", _SECTION.sub("", unmarked(text)), ((0, 1, 1),)), 0)
    return block.errors
