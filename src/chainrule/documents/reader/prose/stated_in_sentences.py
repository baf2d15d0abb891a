"""The sentences of a document, read for what they state: facts, conditions and how far these reach, and denials.

A condition reaches over its sentence; after words such as "let" or "assume" it reaches from there to the end of its
section, or until it is withdrawn. It never reaches backwards. What a sentence denies is not assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from chainrule.documents.language.derivation import FunctionKind, Kind, ValueKind
from chainrule.documents.language.terms import ONE
from chainrule.documents.reader.declaring.declarations import UNSAID, Declared, base_of
from chainrule.documents.reader.prose.concluding_words import CONCLUDED, FOLLOWING, HEDGE
from chainrule.documents.reader.prose.equation_words import led_displays
from chainrule.documents.reader.prose.hypotheses import (
    Renewal,
    compares,
    is_fact,
    says,
)
from chainrule.documents.reader.prose.sentence_reaches import Reaches
from chainrule.documents.reader.prose.sentence_roles import MARK, STOP, TURN, role_of, supposes_value, takes_apart
from chainrule.documents.reader.prose.sentences import ends_of_sections, sentences
from chainrule.documents.reader.prose.sized_words import IN_A_WORD, sized_kind
from chainrule.documents.reader.prose.stated import RELATIONS, Stated
from chainrule.documents.reader.prose.stated_sets import enter_sets
from chainrule.documents.reader.prose.stated_words import (
    ALMOST,
    ANEW,
    ANY_FUNCTION,
    APPOSED,
    CALLED_WRONG,
    CASES,
    COPULA,
    COUNTED,
    DEFINITE,
    DENIALS,
    EACH,
    EITHER,
    FACTS,
    FOR_ALL,
    FROM_NOW_ON,
    GENERAL,
    IN_COMMAS,
    LABEL_BEFORE,
    LAST_ARTICLE,
    LAST_NOUN,
    MADE_IN_WORDS,
    MEMBER,
    MORE_OF_ENTRIES,
    MORE_SAID,
    NEAR,
    NOUNS,
    OF,
    OF_SOME,
    ONE_HOT_AT,
    PART_OF,
    PREPOSITION,
    THIS,
    TWO_VALUES,
    UNKNOWN,
    USUAL,
)
from chainrule.documents.reader.prose.stationary_words import CONSTRAINED, zeroing_in
from chainrule.documents.reader.prose.words_behind_names import own_words
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    base_letter,
    is_closed,
    is_formula,
    letter_of_members,
    letters_of,
    listed_names,
    parts_of_chain,
)
from chainrule.documents.reader.syntax.written import Written, WrittenChain
from chainrule.documents.sources.pieces import Piece

_GROUP = re.compile(r"⟦\d+⟧(?:(?:\s*,)?\s*(?:\b(?:and|und|et|y|e|и|và|or)\b|,|和|、|と|与|및)\s*⟦\d+⟧)*")
_MATHS = re.compile(r"\$([^$]+)\$")


def stated_in(pieces: Sequence[Piece], chains: dict[int, list[WrittenChain]]) -> Stated:
    """Everything that the sentences of a document state.

    Parameters
    ----------
    pieces : sequence of Piece
    chains : mapping
        The chains of formulas by the numbers of their pieces.
    """
    found = Stated()
    ends = ends_of_sections(pieces)
    every = [(first, last, HEDGE.sub("", text)) for first, last, text in sentences(pieces)]
    found.equations, found.following = led_displays(pieces, [text for _, _, text in every])
    for first, last, text in every:
        found.constraints |= {int(number) for number in CONSTRAINED.findall(text)}
        if (zeroing := zeroing_in(text, first, lambda number: pieces[number].text)) is not None:
            found.zeroings.append(zeroing)
        _Sentence(found, pieces, chains, text, first, last, ends[first]).read()
    described, found.declared = found.declared, []
    for number, members in ((n, m) for n, every in chains.items() for m in every):
        enter_sets(found, members, number, pieces[number])
    found.declared += described  # a set is more exact than words
    return found


# What follows is private.


def _function_before(words: str) -> str:
    """The usual function that words before a name say it is: "with the logistic function sigma"."""
    found = LAST_ARTICLE.search(words)
    return found.group() if found and USUAL.match(found.group()) else ""


def _gives_value(chain: WrittenChain) -> bool:
    """Whether a chain says of a letter which number or table of numbers it is."""
    is_equation = [link.relation for link in chain.links] == ["="] and bool(listed_names(chain.members[0]))
    return is_equation and chain.members[1] is not None and is_closed(chain.members[1])


@dataclass
class _Sentence(Reaches):
    def read(self) -> None:
        """Enter what the sentence states."""
        before = len(self.stated.hypotheses)
        if GENERAL.search(self.text):
            self.close(lambda each: not each.fact, doubted=True)
        for match in FOR_ALL.finditer(self.text):
            every = [chain for mark in MARK.findall(match["names"]) for chain in self.chains.get(int(mark), [])]
            letters = frozenset(base_letter(part) for chain in every for part in parts_of_chain(chain))
            if not any(chain.links for chain in every):  # not for all i != j
                self.close(partial(compares, letters=letters), doubted=True)
        if self.pieces[self.first].kind == "heading":
            for formula in _MATHS.findall(self.text):
                for chain in chains_of(formula):
                    if CASES.search(self.text) or _gives_value(chain):
                        self._related(chain, self.first, "assumed", formula)
            return
        concluded, some = CONCLUDED.fullmatch(self.text) is not None, OF_SOME.search(self.text)
        for match in MARK.finditer(self.text):
            number, own = int(match[1]), role_of(self.text, match.start(), match.end(), self.chains)
            if some is not None:
                chosen = (chain for mark in MARK.findall(some.group()) for chain in self.chains.get(int(mark), []))
                parts = (part for chain in chosen for part in parts_of_chain(chain))
                letters = frozenset(base_letter(part) for part in parts)
                self.stated.of_some[number] = some[some.lastgroup or 0], letters
            if self.pieces[number].kind == "inline":
                role = "concluded" if concluded else own
                if role == "condition" and supposes_value(number, self.chains):
                    self.stated.suppositions.add(number)
                    role = "assumed"
                role = "assumed" if role == "condition" and takes_apart(number, self.chains) else role
                if role in ("", "claimed", "concluded") and all(map(_is_range, self.chains.get(number, [None]))):
                    role = "condition"  # all others, j = 1, ..., d, pay
                self.stated.roles[number] = role
                if TURN.search(self.text, match.end()):
                    self.stated.hedged.add(number)
                self.stated.bounds[number] = self.first, self.last, self.end
                follows = role in ("condition", "case", "assumed") and FOLLOWING.search(self.text, 0, match.start())
                for chain in self.chains.get(number, []):
                    if follows and chain.members[0] is not None and is_formula(chain.members[0]):
                        self.stated.consequences.add(number)
                    elif chain.links and all(link.relation in RELATIONS for link in chain.links):
                        self._related(chain, number, role, self.pieces[number].text)
            elif self.pieces[number].kind == "display" and CALLED_WRONG.search(self.text, 0, match.start()):
                self.stated.called_wrong.add(number)
            elif self.pieces[number].kind == "display" and own == "assumed":
                for chain in filter(_gives_value, self.chains.get(number, [])):
                    self.stated.values.add(number)
                    self._related(chain, number, "assumed", self.pieces[number].text)
        for match in _GROUP.finditer(self.text):
            self._described(match)
        for match in (found for words in MEMBER for found in words.finditer(self.text)):
            self._member(match)
        self._doubted({each.fact for each in self.stated.hypotheses[before:]})

    # What follows is private.

    def _doubted(self, given: Set[str]) -> None:
        """Doubt all letters of a sentence with a fact that it says of none of them as far as it is understood."""
        marks = [int(mark) for mark in MARK.findall(self.text)]
        letters = {base_of(name) for number in marks for name in self._named(number)}
        if len(letters) == 1 and DENIALS.search(self.text):
            return  # "A is not symmetric" is understood
        told = {_fact(found) for found in FACTS.finditer(self.text)} - {"any"}
        if told - given or MORE_SAID.search(self.text):
            self.stated.more |= dict.fromkeys(letters, self.pieces[self.first].place_of(0)[0])

    def _related(self, chain: WrittenChain, number: int, role: str, text: str) -> None:
        """A relation in the sentence."""
        members = tuple(member for member in chain.members if member is not None)
        if len(members) < len(chain.members) or any(
            isinstance(part, w.Differentiation) for member in members for part in all_parts(member)
        ):
            return
        relations = tuple(link.relation for link in chain.links)
        subjects = [w.Comparing(members, relations)]
        if len(members) == 2 and isinstance(members[0], w.Listed):
            subjects = [w.Comparing((each, members[1]), relations) for each in listed_names(members[0])]
        for subject in subjects:
            self.reaching(subject, "", role, number, text)

    def _member(self, match: re.Match[str]) -> None:
        """A letter whose vectors are the rows or the columns of a matrix: "x_i is the i-th row of X"."""
        groups = [match.groupdict().get(name) for name in ("member", "whole", "number")]
        every = [self._first_of(int(group)) for group in groups if group]
        match every:
            case [w.Written() as member, w.Symbol() as whole, *numbers] if letter := letter_of_members(member):
                index = member.lower if isinstance(member, w.Scripted) else None
                same = all(getattr(each, "base", each) == index for each in numbers)
                role = role_of(self.text, match.start("member") - 1, match.end("member") + 1, self.chains)
                if same and bool(numbers) == bool(groups[2]) and role != "denied":
                    is_column = match["axis"].lower().startswith(("col", "spalt"))
                    told = base_of(whole), int(is_column)
                    before = self.stated.members.get(letter, told)
                    self.stated.members[letter] = told if before == told else ("", 0)

    def _first_of(self, number: int) -> Written | None:
        """The name in a formula that says nothing of it but its set; None for anything else."""
        every = self.chains.get(number, [])
        lone = len(every) == 1 and all(link.relation == "in" for link in every[0].links)
        return every[0].members[0] if lone else None

    def _described(self, match: re.Match[str]) -> None:
        """Names with words about them: "let x be a vector", "the symmetric matrix A"."""
        numbers = [int(each) for each in MARK.findall(match.group())]
        names = [name for number in numbers for name in self._named(number)]
        mapping = [name for number in numbers for name in self._mapping(number)]
        if not (names or mapping) or IN_A_WORD.match(self.text, match.end()):
            return
        before = re.split("[,;:.⟧，。；：]", self.text[: match.start()])[-1]
        after = STOP.split(self.text[match.end() :])[0]
        of_other = OF.match(after) or COUNTED.search(before) or PART_OF.search(before)
        words = None if of_other else COPULA.match(after)
        of_next = re.match(r"⟦(\d+)⟧", self.text[match.end() + len(after) :])
        before_name = of_next is not None and bool(self._named(int(of_next[1])))
        own, others = own_words(after, words["what"], before_name=before_name) if words else ("", "")
        said = PREPOSITION.split(own)[0]
        if self.text[match.end() + len(after) :].startswith("⟦") and not after.lstrip()[:1].isascii():
            said = LAST_NOUN.sub("", said)  # in "x 는 함수 f 를" the noun speaks of f
        near = NEAR.search(before)
        said = f"{near.group() if near else ''} {said}"
        if not said.strip() and (apposed := APPOSED.match(self.text[match.end() :])) and not EACH.search(before):
            said = apposed.group()
        role = role_of(self.text, match.start(), match.end(), self.chains)
        role = "" if role == "condition" and DEFINITE.search(before) else role
        noun, facts = NOUNS.search(said), [_fact(found) for found in FACTS.finditer(said)]
        at = ONE_HOT_AT.match(self.text, match.end())
        facts += [*self._two_values(match.end()), *(["one-hot"] if at and at[2] else [])]
        line = self.pieces[numbers[0]].place_of(0)[0]
        if role not in ("denied", "past", "condition"):
            if (not facts and MORE_OF_ENTRIES.match(self.text, match.end())) or (
                not before_name and FACTS.search(others)
            ):
                self.stated.more |= {base_of(name): line for name in names}
            if MADE_IN_WORDS.match(after.lstrip()):
                self.stated.in_words |= {base_of(name): line for name in names}
        if ALMOST.search(self.text[: match.start()]) or EITHER.search(match.group()):
            facts = []
        if role == "denied":
            told = [_fact(found) for found in FACTS.finditer(f"{before} {after}")]
            self._renewed(names, numbers[0])
            for name in names:
                letters = letters_of(name)
                self.close(partial(says, told=told, letters=letters))
                if told:
                    self.free(name, numbers[0])
        if role != "condition" and f"{said}{others}".strip() and FROM_NOW_ON.search(self.text, 0, match.start()):
            self._renewed(names, numbers[0], is_any=True)
        if THIS.search(before) and len(names) == 1 and isinstance(names[0], w.Symbol) and self._is_new(names[0]):
            self._renewed(names, numbers[0], is_any=True)
        if role in ("denied", "past", "claimed", "concluded"):
            return
        if role == "assumed" and ANEW.search(f"{before} {said}"):
            for name in names:
                self.close(partial(is_fact, letters=letters_of(name)))
        is_any = "any" in facts or ANY_FUNCTION.search(said) is not None
        if role != "condition" and (is_any or ANEW.search(f"{before if role == 'assumed' else ''} {said}")):
            self._renewed([*names, *mapping], numbers[0], is_any=is_any)
        if LABEL_BEFORE.search(before):
            self.stated.labels |= {base_of(name) for name in names if isinstance(name, w.Symbol)}
        what, usual = words["what"].strip() if words else "", None
        if what := what or self._in_commas(match.end()) or _function_before(before):
            what = what.split(")")[0]
            usual = USUAL.match(what) or USUAL.match(PREPOSITION.split(what)[0])
            for name in names:
                self.stated.said.setdefault(base_of(name), set()).add((usual and usual.lastgroup) or "")
        capital = all(base_of(name)[:1].isupper() for name in names)
        sized = sized_kind(self.text, match.start(), match.end(), self.chains, are_capital=capital)
        kind = sized or (_KINDS[noun.lastgroup] if noun and noun.lastgroup else None)
        kind = _KINDS["function"] if usual else kind
        reach = "assumed" if role in ("", "relative") else role
        for name in names:
            if kind is not None and (sized or isinstance(name, w.Symbol)):
                self.stated.declared.append(Declared(name, kind, frozenset(), line, numbers[0]))
            if at and "one-hot" in facts and isinstance(name, w.Symbol):
                for label in filter(lambda each: isinstance(each, w.Symbol), self._named(int(at[1] or at[2]))):
                    entry = w.Scripted(replace(name, font=""), lower=label, place=label.place)
                    one = w.Comparing((entry, w.Numeral(Fraction(1), place=label.place)), ("=",), place=label.place)
                    self.reaching(one, "", reach, numbers[0], at.group().strip())
                    self.stated.ones.add(base_of(label))
            for fact in facts:
                if not (kind == _KINDS["column"] and fact in ("symmetric", "orthonormal", "invertible")):
                    self.reaching(name, fact, reach, numbers[0], said.strip())
            if kind == _KINDS["function"] and not ANY_FUNCTION.search(said):
                self.enter(name, "?", 0, len(self.pieces), False, numbers[0], said.strip())
            if unknown := UNKNOWN.search(f"{said} {words['what'] if words else ''}"):
                self.enter(name, "?", self.first, self.end, False, numbers[0], unknown.group())

    def _is_new(self, name: Written) -> bool:
        """Whether no formula of the section gives a letter that an earlier section defines: words may do so."""
        heads = (number for number in range(self.first) if self.pieces[number].kind == "heading")
        begin = max(heads, default=0)

        def gives(places: range) -> bool:
            every = (chain for number in places for chain in self.chains.get(number, []) if chain.links)
            return any(base_letter(each.members[0]) == base_of(name) for each in every if each.members[0] is not None)

        return gives(range(begin)) and not gives(range(begin, self.first))

    def _two_values(self, end: int) -> list[str]:
        """The fact that one of two numbers is the value of a name that ends there, or of its entries."""
        if (match := TWO_VALUES.match(self.text, end)) is None:
            return []
        told = {self.pieces[int(match[name])].text.strip() for name in ("one", "other")}
        return ["bit"] if told == {"0", "1"} else ["sign"] if told in ({"-1", "1"}, {"-1", "+1"}) else []

    def _in_commas(self, end: int) -> str:
        """The usual function that words between commas name: "sigma, the logistic function,"."""
        found = IN_COMMAS.match(self.text, end)
        return found[1] if found and USUAL.match(found[1]) else ""

    def _renewed(self, names: Sequence[Written], number: int, *, is_any: bool = False) -> None:
        line = self.pieces[number].place_of(0)[0]
        self.stated.renewals += [
            Renewal(base_of(each), number, line, is_any and isinstance(each, w.Symbol)) for each in names
        ]

    def _named(self, number: int) -> list[Written]:
        chains = self.chains.get(number, [])
        lone = len(chains) == 1 and all(link.relation == "in" for link in chains[0].links)
        return listed_names(chains[0].members[0]) if lone and self.pieces[number].kind == "inline" else []

    def _mapping(self, number: int) -> list[Written]:
        """The name in f : A \\to B."""
        chains = self.chains.get(number, [])
        is_one = len(chains) == 1 and [link.relation for link in chains[0].links] == [":", "->"]
        return listed_names(chains[0].members[0]) if is_one and self.pieces[number].kind == "inline" else []


_KINDS: dict[str, Kind] = {
    "number": ValueKind(()),
    "row": ValueKind((ONE, UNSAID)),
    "column": ValueKind((UNSAID, ONE)),
    "matrix": ValueKind((UNSAID, UNSAID)),
    "function": FunctionKind((), ()),
}


def _is_range(chain: WrittenChain | None) -> bool:
    """Whether a chain says which values a letter takes: j = 1, ..., d."""
    match chain:
        case WrittenChain(members=(w.Symbol(), w.Listed(items=items)), links=(link,)) if link.relation == "=":
            return any(isinstance(item, w.Dots) for item in items)
    return False


def _fact(found: re.Match[str]) -> str:
    return (found.lastgroup or "").replace("_", "-")
