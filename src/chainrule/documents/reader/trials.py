"""The readings of a document under one choice of hypotheses after the other, and how much does not fit in each."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from chainrule.documents.reader.interpretation.document_reader import reading_of
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.readings import Reading, WorseError, misfits_of


@dataclass(frozen=True)
class Trials:
    """The readings of a document. Each is made once.

    Attributes
    ----------
    shared : tuple
        What all have in common: the inventory, the statements, the rest of the document and its parts.
    made : dict
        The readings so far, by their choices.
    worse : dict
        The misfits of readings that were not finished, by their choices.
    """

    shared: tuple[Any, ...]
    made: dict[Hashable, Reading] = field(default_factory=dict)
    worse: dict[Hashable, int] = field(default_factory=dict)

    def under(self, chosen: Mapping[str, Any]) -> Reading:
        """The reading under a choice, which has options of `DocumentState` by their names."""
        found = self._within(chosen, math.inf)
        assert found is not None
        return found

    def better(
        self, best: Reading, chosen: dict[str, Any], option: dict[str, Any], spare: int = 0
    ) -> tuple[Reading, dict[str, Any]]:
        """The reading with a further option, if more of the document fits then, else the best so far."""
        limit = misfits(best) + spare
        if limit and any(chosen.get(name) != value for name, value in option.items()):
            reading = self._within(chosen | option, limit)
            if reading is not None and misfits(reading) < limit:
                return reading, chosen | option
        return best, chosen

    def _within(self, chosen: Mapping[str, Any], limit: float) -> Reading | None:
        """The reading under a choice, if it has fewer misfits than a limit; it is finished only then."""
        key = _frozen(chosen)
        if key not in self.made and self.worse.get(key, -1) < limit:
            try:
                self.made[key] = reading_of(DocumentState(*self.shared, **chosen), limit)
            except WorseError as error:
                self.worse[key] = error.misfits
        return self.made.get(key)


def misfits(reading: Reading) -> int:
    """How much does not fit in a reading."""
    return misfits_of(reading.shapes)


# What follows is private.


def _frozen(value: Any) -> Hashable:
    """A choice as a key; parts of a document without names of their own are left out."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(each)) for name, each in value.items() if not isinstance(each, Mapping) or each)
    return frozenset(value) if isinstance(value, Set) else value
