"""The pieces over which what a sentence states reaches: as hypotheses, from where to where."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chainrule.documents.reader.prose.concluding_words import GOES_ON, LEADS_ON
from chainrule.documents.reader.prose.hypotheses import Hypothesis, excludes, gives_another
from chainrule.documents.reader.prose.sentence_roles import MARK
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, letters_of
from chainrule.documents.reader.syntax.written import Written, WrittenChain
from chainrule.documents.sources.pieces import Piece

_NEXT_FORMULA = re.compile(r"\s*[,:，]?(?:(?!\b(?:also|both|too|well)\b)[^⟦,;:.]){0,60}:?\s*⟦(\d+)⟧")


@dataclass
class Reaches:
    """A sentence, with what is stated up to it.

    Attributes
    ----------
    stated : Stated
    pieces : sequence of Piece
    chains : dict
        The chains of formulas by the numbers of their pieces.
    text : str
        The sentence, with ⟦n⟧ for formula n.
    first, last : int
        Its pieces.
    end : int
        The end of its section.
    """

    stated: Stated
    pieces: Sequence[Piece]
    chains: dict[int, list[WrittenChain]]
    text: str
    first: int
    last: int
    end: int

    def reaching(self, subject: Written, fact: str, role: str, number: int, text: str) -> None:
        """Enter a hypothesis for the pieces over which its words let it reach."""
        if not fact:
            letters = letters_of(subject)
            if role == "denied":
                self.close(lambda each: not each.fact and each.letters == letters)
                self.free(subject, number)
            else:
                self.close(lambda each: not each.fact and excludes(each.subject, subject), doubted=role != "assumed")
        ends = {"assumed": self.end, "case": self._next_displays(), "": self.first}
        ends |= dict.fromkeys(("condition", "relative"), self.last + 1)
        start = self.first
        if role in ("condition", "relative") and not fact:
            start = self._beside(subject, number)
            if LEADS_ON.match(self.text, self.text.find(f"⟦{number}⟧")) or self._goes_on(number):
                start = number  # for x = 0 we get what follows, not the display before
            ends[role] = number if start < number and self._shown(start, number) else ends[role]
        if role in ends:
            self.enter(subject, fact, start, ends[role], True, number, text)
            if role != "condition" or (not fact and not _is_equation(subject) and self._defines(number)):
                end = len(self.pieces) if role == "assumed" else self.end
                self.enter(subject, fact, ends[role], end, False, number, text)

    def free(self, subject: Written, number: int) -> None:
        """Nothing may be assumed of the letters of which something is denied."""
        for part in all_parts(subject):
            if isinstance(part, w.Symbol):
                self.enter(part, "any", self.first, self.end, True, number, "a denial")

    def close(self, matches: Callable[[Hypothesis], bool], *, doubted: bool = False) -> None:
        """Let hypotheses end before this sentence, or be doubted from there on."""
        for place, each in enumerate(list(self.stated.hypotheses)):
            if each.end > self.first > each.at and matches(each):
                self.stated.hypotheses[place] = replace(each, end=self.first)
                if doubted:
                    self.stated.hypotheses.append(replace(each, start=max(each.start, self.first), certain=False))

    def enter(self, subject: Written, fact: str, start: int, end: int, certain: bool, number: int, text: str) -> None:
        """Enter a hypothesis from one piece to another; `number` is the piece that states it."""
        while start < min(number, end) and self.pieces[start].kind == "prose":
            start += 1  # the end of the sentence before
        if start < end and not (isinstance(subject, w.Symbol) and subject.is_word):
            line = self.pieces[number].place_of(0)[0]
            self.stated.hypotheses.append(Hypothesis(subject, fact, start, end, certain, line, text, number))

    # What follows is private.

    def _defines(self, condition: int) -> bool:
        """Whether the sentence defines a letter behind its condition: for 0 < t < 1 we set x = 2t."""
        others = (int(mark) for mark in MARK.findall(self.text))
        every = (chain for other in others if other > condition for chain in self.chains.get(other, []))
        return any(
            isinstance(chain.members[0], w.Symbol) and chain.links and chain.links[0].relation in ("=", ":=")
            for chain in every
        )

    def _beside(self, subject: Written, number: int) -> int:
        """Where a condition begins, after others of the sentence that exclude it and then reach up to it.

        Conditions come before the displays for which they hold, or after them.
        """
        start = self.first
        before = any(
            chain.links and self.stated.roles.get(other) != "condition"
            for other in range(self.first, number)
            for chain in self.chains.get(other, [])
        )
        parts = not before or self._goes_on(number)
        for place, each in enumerate(self.stated.hypotheses):
            other = self.first <= each.at < number and parts and gives_another(each.subject, subject)
            if each.at >= self.first and each.certain and (other or excludes(each.subject, subject)):
                after = self._shown(self.first, each.at)
                self.stated.hypotheses[place] = replace(each, end=min(each.end, each.at if after else number))
                start = each.at if after else number
        return start

    def _goes_on(self, number: int) -> bool:
        """Whether a condition stands between displays and is that of the next: "... and for j != k ..."."""
        before, after = self.text.split(f"⟦{number}⟧", 1)
        display = _NEXT_FORMULA.match(after)
        is_next = display is not None and self.pieces[int(display[1])].kind == "display"
        return is_next and GOES_ON.match(before.rpartition("⟧")[2]) is not None

    def _shown(self, start: int, end: int) -> bool:
        return any(piece.kind == "display" for piece in self.pieces[start:end])

    def _next_displays(self) -> int:
        """The end of the next displays: of the sentence itself if it has some."""
        at = self.first
        while at < self.end and (at <= self.last or self.pieces[at].kind != "display"):
            if self.pieces[at].kind == "display":
                return self.last + 1
            at += 1
        while at < self.end and (self.pieces[at].kind == "display" or not self.pieces[at].text.strip()):
            at += 1
        return at


# What follows is private.


def _is_equation(subject: Written) -> bool:
    return isinstance(subject, w.Comparing) and subject.relations == ("=",)
