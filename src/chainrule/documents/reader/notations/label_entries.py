r"""Labels of examples as indices: p_{y_i} is the sum over c of Y_{ic} p_c, where Y has a row with a 1 for each label.

This holds for everything that is made of y_i where i stands: log p_{y_i} is the sum of Y_{ic} \log p_c. It is done
where labels only choose entries and are compared with indices; a label that is a number elsewhere stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from chainrule.documents.language.trees import parts_of
from chainrule.documents.reader.syntax.parts_written import all_parts, items_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Bracketed,
    Comparing,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

_INDICES = "ckjrstuvqa"
"""Letters for the classes, if the document does not use them."""

_TRUTHS = {"=": 1, "!=": 0}
"""By relation: whether an index is a label."""

_ROWS = ("Y", "T", "H")
"""Letters for the rows of the labels, of which the first that the document does not use counts."""


def with_label_entries(
    chains: dict[int, list[WrittenChain]], spoken: str
) -> tuple[dict[int, list[WrittenChain]], Symbol | None]:
    """The chains of all pieces, in which no labels of examples are indices, and the name of the rows with ones.

    The name is None if there are no such labels. If words speak of one-hot rows, Y may stand for them already.
    """
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    labels = {label for part in every for label in _labels_below(part)}
    taken = {part.text for part in every if isinstance(part, Symbol)}
    is_told = "one-hot" in spoken or "one hot" in spoken
    rows = next((each for each in _ROWS if each not in taken or (is_told and each == "Y")), None)
    classes = next((each for each in _INDICES if each not in taken), None)
    label = labels.pop() if len(labels) == 1 else None
    if label is None or rows is None or classes is None or _is_number_elsewhere(chains, label):
        return chains, None
    taken_apart = _Apart(label, Symbol(rows), Symbol(classes))
    return {number: [taken_apart.chain(chain) for chain in found] for number, found in chains.items()}, Symbol(rows)


# What follows is private.


class _Apart:
    """Formulas without a label, by sums over classes."""

    def __init__(self, label: Symbol, rows: Symbol, classes: Symbol) -> None:
        self._label, self._rows, self._classes = label, rows, classes

    def chain(self, chain: WrittenChain) -> WrittenChain:
        """A chain whose members have no labels in indices and comparisons."""
        match chain:
            case WrittenChain(members=(Written() as one, Written() as other)) if self._compared(one, other) is not None:
                return chain  # words say for which indices it holds, not that it holds for all
        conditions = tuple(map(self._condition, chain.conditions))
        members = tuple(None if each is None else self.term(each) for each in chain.members)
        return replace(chain, members=members, conditions=conditions)

    def term(self, node: Written) -> Written:
        """A term in which each label is the class over which a sum runs, as far outside as its example allows."""
        examples = {example for part in all_parts(node) if (example := self._example(part)) is not None}
        if not examples:
            return node
        if isinstance(node, Signed):
            return self._by_parts(node)
        if isinstance(node, Beside):
            for at, part in enumerate(node.parts[:-1]):
                if isinstance(part, BigOperator) and examples & {*_bound(part)}:
                    rest = node.parts[at + 1 :]
                    inner = rest[0] if len(rest) == 1 else Beside(rest, node.joints[at + 1 :], place=node.place)
                    parts = (*node.parts[: at + 1], Bracketed("(", (self.term(inner),), place=inner.place))
                    return Beside(parts, node.joints[: at + 1], place=node.place)
        bound = {index for part in all_parts(node) if isinstance(part, BigOperator) for index in _bound(part)}
        if len(examples) > 1 or examples & bound:
            return self._by_parts(node)
        return self._summed(node, *examples)

    def _by_parts(self, node: Written) -> Written:
        found: Written = with_parts(node, self.term)
        return found

    def _condition(self, node: Written) -> Written:
        """A condition whose comparisons with labels are equations for entries of rows: Y_{ik} = 0 for k != y_i."""
        match node:
            case Comparing(members=(one, other), relations=(relation,)) if relation in _TRUTHS:
                if (row := self._compared(one, other)) is not None:
                    return Comparing((row, Numeral(Fraction(_TRUTHS[relation]))), ("=",), place=node.place)
        found: Written = with_parts(node, self._condition)
        return found

    def _compared(self, one: Written, other: Written) -> Scripted | None:
        """The entry of a row that tells whether an index is the label of an example."""
        for index, label in ((one, other), (other, one)):
            if isinstance(index, Symbol) and (example := self._example(label)) is not None:
                return Scripted(self._rows, Listed((example, index)), place=one.place)
        return None

    def _summed(self, node: Written, example: Symbol) -> Written:
        """The sum over the classes."""
        row = Scripted(self._rows, Listed((example, self._classes)), place=node.place)
        inside = Bracketed("(", (self._replaced(node),), place=node.place)
        return Beside((BigOperator("sum", self._classes, place=node.place), row, inside), ("", ""), place=node.place)

    def _replaced(self, node: Any) -> Any:
        if self._example(node) is not None:
            return self._classes
        return with_parts(node, self._replaced)

    def _example(self, node: Any) -> Symbol | None:
        """The example whose label a formula is."""
        match node:
            case Scripted(base=base, lower=Symbol() as example, upper=None, primes=0) if base == self._label:
                return example
        return None


def _bound(part: BigOperator) -> Iterator[Written]:
    """The letters over which a sum runs."""
    match part.lower:
        case Comparing(members=(Symbol() as index, *_)):
            yield index
        case Symbol() as index:
            yield index


def _labels_below(part: Written) -> Iterator[Symbol]:
    """The letters of labels among the indices of a formula: y in p_{y_i} and in S_{i y_i}."""
    if isinstance(part, Scripted):
        for item in items_of(part.lower):
            match item:
                case Scripted(base=Symbol(accents=()) as label, lower=Symbol(), upper=None, primes=0):
                    yield label


def _is_number_elsewhere(chains: Mapping[int, list[WrittenChain]], label: Symbol) -> bool:
    """Whether the label of an example stands where it is no index, is compared with none, and is in no list."""
    every = (chain for found in chains.values() for chain in found)
    return any(_stands(one, label) for chain in every for one in (*chain.members, *chain.conditions) if one is not None)


def _stands(node: Written, label: Symbol) -> bool:
    """Whether the label of an example is a number within a formula."""
    if isinstance(node, Scripted):  # an exponent is a number, an index is not
        parts = (*([] if node.base == label else [node.base]), *([] if node.upper is None else [node.upper]))
        is_number = _is_of(node.upper, label)
    else:
        parts = parts_of(node, Written)
        is_number = not isinstance(node, Listed | Comparing | Bracketed) and any(_is_of(each, label) for each in parts)
    return is_number or any(_stands(each, label) for each in parts)


def _is_of(part: Written | None, label: Symbol) -> bool:
    """Whether a formula is the label of an example: y_i."""
    return isinstance(part, Scripted) and part.base == label and part.lower is not None
