"""The walk along chains: every step against its predecessor, and against the head of its chain.

Comparing with both finds errors that cancel: a step may be wrong and the next one right again.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from chainrule.checking.documents import prose, sources
from chainrule.checking.documents.compare import EXACT
from chainrule.checking.documents.deciding import Finding, Relation, decide
from chainrule.checking.documents.document import Document, defects_noted, failure, understand
from chainrule.checking.documents.findings import explained
from chainrule.checking.documents.grammar import Grammar
from chainrule.checking.documents.model import Question, Read
from chainrule.checking.documents.preamble import Refusal
from chainrule.checking.documents.sources import Fragment, Unreadable
from chainrule.checking.documents.statements import Chain, Link, Member
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import Token
from chainrule.checking.documents.tree import Call, Comparison, Differential, Name, Node, Prime, free_names, walk
from chainrule.checking.documents.verdicts import Note, Report, Step


@dataclass
class Line:
    """A chain of relations, written in one display or continued over several."""

    question: Question
    members: list[tuple[Member, Fragment]]
    links: list[Link]
    conditions: list[tuple[Token, ...]]
    first: Chain
    open: Link | None
    nearby: list[Node] = field(default_factory=list)
    """Conditions that the sentence before a display may put on it."""
    faults: int = 0


def check_derivation(text: str, preamble: str | None = None, *, name: str = "", repairs: bool = True) -> Report:
    r"""Check every step of a written derivation.

    Parameters
    ----------
    text : str
        Markdown, LaTeX, a notebook's JSON, or plain text with formulas.
    preamble : str, optional
        Declarations, one a line, as in a document's own block: ``x: vector n``, ``use: softmax as s``.
    name : str, optional
        The file's name; its ending helps to recognise the format.
    repairs : bool
        Whether to search for a change that makes a wrong step true.

    Returns
    -------
    Report
        A verdict for every step. `wrong` means that the two sides are certainly different at the point printed.

    Raises
    ------
    Unreadable
        If the text is binary, too long, or a notebook whose JSON is broken.

    Examples
    --------
    >>> report = check_derivation(r"$$\frac{d}{dx} \tanh(x) = 1 - \tanh(x)^2 = 1 - \tanh(x)$$")
    >>> [(step.line, step.verdict) for step in report.steps]
    [(1, 'verified'), (1, 'wrong')]
    """
    try:
        document = understand(sources.read(text, name), preamble)
        walker = Walker(document, repairs)
        for question in document.questions:
            for line in assembled(question):
                walker.guarded(line)
        return walker.report(name)
    except Unreadable:
        raise
    except Exception as error:  # a defect of the checker is reported, not raised at people with a document
        return Report(name, (), (Note(0, "internal error", failure(error)),), text=text)


def assembled(question: Question) -> list[Line]:
    """The chains of a question; a chain that begins with a relation is joined to the chain before it."""
    lines: list[Line] = []
    current: Line | None = None
    for chain in question.chains:
        members = [(member, chain.fragment) for member in chain.members]
        display = chain.fragment.display
        link = chain.continued or (current.open if current is not None else None)
        if display and current is not None and link is not None:
            current.links += [link, *chain.links]
            current.members += members
            current.conditions += chain.conditions
            current.open = chain.open
            continue
        if chain.continued is not None and current is None:
            continue
        line = Line(question, members, list(chain.links), list(chain.conditions), chain, chain.open)
        lines.append(line)
        if display and (chain.links or chain.open):
            current = line
    return lines


class Walker:
    """Goes through a document and collects steps."""

    def __init__(self, document: Document, repairs: bool) -> None:
        self.document, self.repairs = document, repairs
        self.source = document.source
        self.steps: list[Step] = []
        self.chains = 0
        self.restricted: list[tuple[Node, Node, Node]] = []
        """Relations that hold under a condition from the text, which also holds for their restatements."""

    def guarded(self, line: Line) -> None:
        """Check the steps of a chain. After a defect of the checker, the steps without a verdict report it."""
        before = len(self.steps)
        try:
            self.line(line)
        except Exception as error:  # a defect of the checker must not hide the verdicts on other chains
            self.document.refused.append(Refusal(line.first.fragment.start, "internal error", failure(error)))
            with suppress(Exception):  # recording a step may fail for the same reason
                for at in range(len(self.steps) - before, len(line.links)):
                    self.add(line, at, "internal error", failure(error))

    def line(self, line: Line) -> None:
        """Check the steps of a chain."""
        if not line.links:
            return
        question, chain = line.question, line.first
        self.chains += 1
        if id(chain) in question.declaring:
            self.add(line, 0, "hypothesis, not checked", "taken as a fact about the names in it")
            return
        reads = [question.read[id(member)] for member, _ in line.members]
        conditions, prime = self.conditions(line), prime_hint(reads)
        line.nearby = self.nearby(line)
        defined = {0: question.defining.get(id(chain))}
        if len(line.members) == len(chain.members) and not (defined[0] and len(line.links) == 1):
            defined[len(line.links) - 1] = question.ending.get(id(chain))
        for at in range(1, len(reads)):
            if defined.get(at - 1):
                self.add(line, at - 1, "definition", f"{defined[at - 1]} is defined here")
                continue
            told = len(self.steps)
            try:
                self.step(line, at, reads, conditions, prime)
            except Exception as error:  # a defect of the checker must not hide the verdicts on other steps
                del self.steps[told:]
                self.add(line, at - 1, "internal error", failure(error))
        self.aftermath()

    def aftermath(self) -> None:
        """Add to the first wrong step of a chain which later line is right again."""
        own = [step for step in self.steps if step.chain == self.chains]
        wrong = next((step for step in own if step.verdict == "wrong"), None)
        if wrong is not None:
            again = next((step for step in own[own.index(wrong) + 1 :] if step.head == "agrees"), None)
            if again is not None:
                message = f"{wrong.message} Line {again.line} agrees with the head of the chain again."
                self.steps[self.steps.index(wrong)] = replace(wrong, message=message)

    def conditions(self, line: Line) -> tuple[Node, ...]:
        """The conditions written over the relations of a chain or behind it."""
        vocabulary = line.question.scope.vocabulary()
        found: dict[Node, None] = {}
        for tokens in [link.over for link in line.links if link.over] + line.conditions:
            with suppress(NotRead, RecursionError):
                found[Grammar(tokens, vocabulary).condition()] = None
        return tuple(found)

    def nearby(self, line: Line) -> list[Node]:
        """The conditions that stand in the sentence before a display: i ≠ j, diagonal, off-diagonal."""
        fragment, read = line.first.fragment, line.question.read
        if not fragment.display:
            return []
        since = max((f.start for f in self.source.fragments if f.display and f.start < fragment.start), default=-1)
        found: list[Node] = []
        for chain in line.question.chains:
            between = not chain.fragment.display and since < chain.fragment.start < fragment.start
            if between and len(chain.links) == 1 and chain.links[0].operator in ("=", "!="):
                sides = [node for member in chain.members for node in read[id(member)].nodes[:1]]
                if len(sides) == 2 and all(isinstance(side, Name) for side in sides):
                    found.append(Comparison(chain.links[0].operator, *sides))
        operator = prose.about_diagonal(self.source.prose_before(fragment))
        if operator:
            found.append(Comparison(operator, Name("·first"), Name("·second")))
        return found

    def step(self, line: Line, at: int, reads: list[Read], conditions: tuple[Node, ...], prime: str | None) -> None:
        """Check one relation."""
        read, link, display = reads[at], line.links[at - 1], line.members[at][1].display
        before = [earlier for earlier in reads[:at] if earlier.nodes]
        for place in (at, at - 1):
            error = reads[place].error
            if error is not None and (place == at or not before):
                self.add(line, at - 1, "not read", self.where(line, place, error))
                return
        if link.operator == "!=" and not display:
            self.add(line, at - 1, "hypothesis, not checked", "a condition stated in a sentence")
            return
        if link.operator in ("~", "!="):
            self.add(line, at - 1, "not read", f"a relation '{link.operator}' is not checked")
            return
        head, previous = before[0], before[-1]
        pair = (previous.nodes[0], read.nodes[0])
        stated = [condition for left, right, condition in self.restricted if (left, right) == pair]
        relation = Relation(
            line.question, previous.nodes, read.nodes, link.operator, conditions, (*line.nearby, *stated), prime,
            len(line.links) == 1, prose.states_condition(self.source.prose_before(line.members[at][1])),
            _moving(line, reads),
        )  # fmt: skip
        finding = decide(relation)
        against: Finding | None = None
        if head is not previous and all(earlier.operator in EXACT for earlier in line.links[:at]):
            against = decide(replace(relation, left=head.nodes))
        explained(self, line, at, finding, against)
        if finding.given is not None and finding.given not in line.nearby:
            line.nearby.append(finding.given)

    def where(self, line: Line, at: int, error: NotRead) -> str:
        """A reason with its place."""
        if error.at < 0:
            return error.reason
        fragment = line.members[at][1]
        place = fragment.place(error.at)
        return f"{error.reason} (line {self.source.line(place)}, column {self.source.column(place)})"

    def text(self, line: Line, at: int) -> str:
        """The source text of a member."""
        member, fragment = line.members[at]
        first, last = member.span
        return " ".join(fragment.text[first:last].split())

    def add(self, line: Line, at: int, verdict: str, message: str, **details: Any) -> None:
        """Record the verdict on the relation after a member."""
        after = min(at + 1, len(line.members) - 1)
        member, fragment = line.members[after]
        place = fragment.place(member.span[0])
        end = fragment.place(max(member.span[0], member.span[1] - 1)) + 1
        step = Step(
            self.source.line(place), self.source.column(place), self.text(line, at), self.text(line, after),
            line.links[at].operator, verdict, message, fragment.display, start=place, end=end, chain=self.chains,
            **details,
        )  # fmt: skip
        self.steps.append(step)

    def report(self, name: str) -> Report:
        """The report on the document."""
        line = self.source.line
        notes = [
            Note(
                line(fragment.start + repair.at),
                "input repaired",
                f"read '{repair.found.strip() or repr(repair.found)}' as '{repair.read_as}'",
            )
            for fragment in self.source.fragments
            for repair in fragment.repair.repairs
        ]
        names: dict[str, str] = {}
        undeclared: dict[str, str] = {}
        with defects_noted(self.document.refused, -1):
            names, undeclared = _names(self.document)
        notes += [Note(line(r.offset) if r.offset >= 0 else 0, r.verdict, r.message) for r in self.document.refused]
        steps = tuple(sorted(self.steps, key=lambda step: (step.chain, step.start)))
        listed, unknown = (tuple(sorted(kinds.items())) for kinds in (names, undeclared))
        return Report(name, steps, tuple(notes), listed, unknown, self.source.text)


def _names(document: Document) -> tuple[dict[str, str], dict[str, str]]:
    """The meaning of each name, and the kinds of names that are used without being declared."""
    names: dict[str, str] = {}
    undeclared: dict[str, str] = {}
    for question in document.questions:
        scope = question.scope
        names |= {n: d.text + ("" if d.source == "text" else f" ({d.source})") for n, d in scope.definitions.items()}
        names |= {name: str(kind) for name, kind in scope.kinds.items() if kind.declared}
        used = {name for read in question.read.values() for node in read.nodes[:1] for name in free_names(node)}
        inferred = {name: kind for name, kind in scope.kinds.items() if name in used and not kind.declared}
        undeclared |= {name: str(kind) for name, kind in inferred.items() if kind.role in ("value", "size")}
    return names, {name: kind for name, kind in undeclared.items() if name not in names}


def _moving(line: Line, reads: list[Read]) -> frozenset[str]:
    """The free names of which a chain writes differentials."""
    scope = line.question.scope
    operands = (
        part.operand.text for read in reads for node in read.nodes[:1] for part in walk(node)
        if isinstance(part, Differential) and isinstance(part.operand, Name)
    )  # fmt: skip
    return frozenset(name for name in operands if name in scope.kinds and name not in scope.definitions)


def prime_hint(reads: list[Read]) -> str | None:
    """The variable of f'(z) at the head of a chain, for primes on brackets further on."""
    for part in (part for read in reads for node in read.nodes[:1] for part in walk(node)):
        match part:
            case Call(function=Prime(), arguments=(Name(text=name),)):
                return name
    return None
