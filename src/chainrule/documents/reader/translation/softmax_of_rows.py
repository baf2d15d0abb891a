"""The softmax of a matrix, where words say whether it acts on each row or on each column."""

from __future__ import annotations

import re
from functools import lru_cache

from chainrule.documents.language.terms import ONE, Apply, Entry, Family, Fold, Name, Term, free_names
from chainrule.documents.reader.letters.meanings import Meanings

_AXES = {
    1: r"row-?wise|row by row|(?:each|every|per|all) rows?|(?:along|over|on|to) (?:the |its )?rows"
    r"|last (?:axis|dimension)|zeilenweise|jede[rs]? zeile|chaque ligne|cada (?:fila|linha)|построчно|каждой строк"
    r"|(?:逐|按|每一?|各)行|行ごと|행별|각 행|từng hàng|mỗi hàng",
    0: r"column-?wise|column by column|(?:each|every|per) column|(?:along|over|on|to) (?:the |its )?columns"
    r"|spaltenweise|jede[rs]? spalte|chaque colonne|cada coluna|cada columna|каждому столбц"
    r"|(?:逐|按|每一?|各)列|列ごと|열별|각 열|từng cột|mỗi cột",
}
"""Words for the axis along which the values of a softmax add up to 1."""

_EXAMPLES = {
    1: r"(?:examples?|samples?|observations?|data points?)\b[^.;,]{0,20}\b(?:in|as|per|are)\s+(?:the |its )?rows?\b"
    r"|(?:each|every|one) row (?:is|holds|contains) (?:an?|one) (?:\w+ )?(?:example|sample|observation|data point)"
    r"|样本按[\s*_]*行|每一?行[是为]一?个样本|jede zeile (?:ist|enthält) ein beispiel|chaque ligne est un exemple",
    0: r"(?:examples?|samples?|observations?|data points?)\b[^.;,]{0,20}\b(?:in|as|per|are)\s+(?:the |its )?columns?\b"
    r"|(?:each|every|one) column (?:is|holds|contains) (?:an?|one) (?:\w+ )?(?:example|sample|observation|data point)"
    r"|样本按[\s*_]*列|每一?列[是为]一?个样本|jede spalte (?:ist|enthält) ein beispiel|chaque colonne est un exemple",
}
"""Words that say along which axis the examples of a batch lie."""

_DENIED = re.compile(r"\b(?:not|never|nicht|pas|no|не)\b")


@lru_cache(maxsize=16)
def axis_told(prose: str) -> int | None:
    """The axis along which the sentences about a softmax say that it acts; None if they say none, or both.

    If they say none, it acts on each example where the text says how these lie.

    >>> axis_told("here the softmax acts on each row. every column is an example.")
    1
    """
    found = set[int]()
    for sentence in re.split(r"[.!?]\s", prose):
        before, softmax, after = sentence.partition("softmax")
        if softmax and not _DENIED.search(after):
            said = {axis: re.search(words, f"{before[-20:]} {after}") for axis, words in _AXES.items()}
            found |= {axis for axis, match in said.items() if match}
    found = found or {axis for axis, words in _EXAMPLES.items() if re.search(words, prose)}
    return found.pop() if len(found) == 1 else None


def softmax_along(meanings: Meanings, matrix: Term, axis: int) -> Term:
    """[i, j: exp(M[i, j]) / sum(k: exp(M[i, k]))] for axis 1."""
    row, column, other, *_ = (each for each in "ijkrstuvpq" if each not in free_names(matrix))
    sizes = meanings.open_size(row), meanings.open_size(column)
    entry, beside = (row, column), ((row, other) if axis else (other, column))
    over, under = (Apply("exp", (Entry(matrix, tuple(map(Name, each))),)) for each in (entry, beside))
    total = Fold("sum", other, ONE, sizes[axis], under)
    return Family(((row, sizes[0]), (column, sizes[1])), Apply("/", (over, total)))
