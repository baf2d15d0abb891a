"""The things that the steps of a document so far leave uncertain about those that follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.syntax.known_words import MAYBE, TAKES_MORE
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.verdicts.step import Step


@dataclass(eq=False)
class Past:
    """The things that the steps so far leave uncertain.

    Attributes
    ----------
    renewed : set of str
        Names that are defined anew.
    doubted : list of (names, words)
        Equations in sentences that were not proved, which may say what names are.
    contradicted : dict
        Names of which the document says more than their shape, in an equation that this excludes, with its words.
    norms : str
        Words about an equation for the norm of a letter that is not the Euclidean one.
    tied : dict
        The names on their left sides, with the words and their line; all names, if the left side is not just a name.
    """

    renewed: set[str] = field(default_factory=set)
    doubted: list[tuple[frozenset[str], str]] = field(default_factory=list)
    tied: dict[str, tuple[str, int]] = field(default_factory=dict)
    contradicted: dict[str, str] = field(default_factory=dict)
    norms: str = ""

    def learn(self, step: Step, claim: Relation, finding: Finding, doubts: Doubts, *, inline: bool) -> None:
        """Enter the step of a claim."""
        name = terms.base_of(claim.left)
        every = doubts.dependences.values_in(claim)
        is_value = inline and _gives_value(claim, every - {name}, doubts)
        is_new = claim.follows is None and name in doubts.reading.again and not is_value
        if inline and not step.verdict.holds:
            words = f"'{step.text}' in line {step.line}"
            self.doubted.append((every, f"whether {words} holds here"))
            if finding.status == "differs":
                self.contradicted |= dict.fromkeys(every & doubts.with_facts(), words)
            is_tie = claim.relation == "=" and not doubts.changes(claim) and not (is_value or is_new)
            is_tie = is_tie and not _is_functional(claim)
            if is_tie and every - {name}:
                several = doubts.moving_in(claim) if finding.status == "differs" else frozenset[str]()
                self.tied |= dict.fromkeys([name] if name else several, (words, step.line))
        elif _may_be_supposed(step, claim, doubts) and not every & doubts.names.definitions.keys():
            self.doubted.append((every, f"whether '{step.text}' in line {step.line} holds here"))
        if claim.follows is None and claim.relation == "=" and _is_norm(claim.left) and not step.verdict.holds:
            self.norms = f"line {step.line} may give the norm another meaning"
        if is_new and finding.status not in ("proved", "verified"):
            self.renewed.add(name)

    def bar(self, claim: Relation, doubts: Doubts, told: Mapping[str, int] = MappingProxyType({})) -> str:
        """The reason why nothing is proved of a claim; nothing if there is none.

        An equation does not bar a claim where it is the definition that counts: `told` has the lines of these by name.
        """
        if excluded := doubts.uses(claim, self.contradicted.keys()):
            return f"{self.contradicted[excluded[0]]} contradicts what the text says about {excluded[0]}"
        if self.norms and "norm" in doubts.dependences.operators(claim):
            return self.norms
        tied = {name for name, (_, line) in self.tied.items() if told.get(name) != line}
        names = doubts.uses(claim, tied) if doubts.changes(claim) else []
        return f"{self.tied[names[0]][0]} may say what {names[0]} depends on" if names else ""

    def other_value(self, claim: Relation, finding: Finding, reasons: Sequence[str], doubts: Doubts) -> str:
        """A doubted equation about a name of which something would have to be assumed; nothing if there is none.

        No doubt is that the entries add up to 1, if this is what would have to be assumed.
        """
        letters = {letter_of(name) for name in doubts.dependences.values_in(claim)}
        about = [each for each in letters if any(_stands_in(each, words) for words in finding.assumed)]
        held = (
            each
            for each in reasons
            if each.startswith("whether ")
            and "=" in each
            and each.endswith(" holds here")
            and not (
                _ADDS_UP.search(each)
                and all(words.endswith(("add up to 1", "adds up to 1")) for words in finding.assumed)
            )
        )
        return next((each for each in held if any(_stands_in(letter, each) for letter in about)), "")


# What follows is private.

_ADDS_UP = re.compile(r"'\\+sum[^=]*=\s*1'")


def _may_be_supposed(step: Step, claim: Relation, doubts: Doubts) -> bool:
    """Whether a display that is not right may be an equation that the text supposes: it has no derivative.

    If all doubts are about where a function's argument ends, it is a claim in any case.
    """
    is_open = step.verdict.name == "wrong if read so" and MAYBE not in step.doubts
    is_open = is_open and not all(each.endswith(TAKES_MORE) for each in step.doubts)
    return is_open and claim.follows is None and not doubts.changes(claim)


def _is_norm(term: terms.Term) -> bool:
    """Whether a term is the norm of a letter, or its square."""
    match term:
        case terms.Apply("norm", (terms.Name(),)):
            return True
        case terms.Apply("^", (inside, _)):
            return _is_norm(inside)
    return False


def _stands_in(letter: str, words: str) -> bool:
    return re.search(rf"(?<![A-Za-z\\]){re.escape(letter)}(?![A-Za-z])", words) is not None


def _gives_value(claim: Relation, others: Set[str], doubts: Doubts) -> bool:
    """Whether a sentence gives the value of a name in an example, where all that it is made of has values: v = 11."""
    free = (name for name in others if name not in doubts.names.definitions)
    known = isinstance(claim.left, terms.Name) and isinstance(claim.right, terms.Number)
    return known and all(letter_of(name) in doubts.reading.valued for name in free)


def _is_functional(claim: Relation) -> bool:
    """Whether a claim is about all arguments of a function, as f(x + y) = f(x) + f(y): then it ties no letters."""
    calls = [part for part in claim.parts if isinstance(part, terms.Call)]
    plain = {each.function for each in calls if all(isinstance(part, terms.Name) for part in each.arguments)}
    compound = {each.function for each in calls if any(isinstance(part, terms.Apply) for part in each.arguments[:1])}
    return bool(plain & compound)
