"""Documents as questions: each with its scope of names, its definitions, and its chains of steps.

A question opens at a heading or at a block of declarations. It inherits what was defined before; definitions inside it
hold from its beginning, as people write "where ..." after the formula.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from chainrule.checking.documents import conventions, preamble, prose
from chainrule.checking.documents.completing import complete
from chainrule.checking.documents.defining import define
from chainrule.checking.documents.model import Question, Scope
from chainrule.checking.documents.preamble import Refusal
from chainrule.checking.documents.sources import Source
from chainrule.checking.documents.statements import Chain, statements
from chainrule.checking.documents.superscripts import counted, written_out
from chainrule.checking.documents.tokens import TooLong, group


@dataclass
class Document:
    """A source with its questions."""

    source: Source
    questions: list[Question]
    refused: list[Refusal]


def failure(error: Exception) -> str:
    """The message about a defect of the checker itself."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"the checker failed here ({what}); please report it with the text"


@contextmanager
def defects_noted(refused: list[Refusal], at: int) -> Iterator[None]:
    """Refuse the formula at an offset if the checker itself fails on it, so that all others are still checked."""
    try:
        yield
    except Exception as error:  # any defect of the checker
        refused.append(Refusal(at, "internal error", failure(error)))


def understand(source: Source, extra: str | None = None) -> Document:
    """Split a source into questions and give each its scope."""
    refused: list[Refusal] = []
    scope = Scope()
    if extra is not None:
        lines = [line.strip().removeprefix("%!").strip() for line in extra.splitlines()]
        refused += preamble.declare(scope, [(-1, line) for line in lines if line and line != "---"])
    if prose.says_rows(source.text):
        scope.layout = "rows"
    read: dict[int, list[Chain]] = {}
    for fragment in source.fragments:
        with defects_noted(refused, fragment.start):
            try:
                read[fragment.start] = statements(fragment)
            except (TooLong, RecursionError) as error:
                refused.append(Refusal(fragment.start, "not read", str(error) or "nested too deeply"))
    letters = counted(chain for found in read.values() for chain in found)
    questions: list[Question] = []
    chapter = -1
    for start, end in _parts(source):
        before, scope = scope, scope.copy()
        opened = max((h.start for h in source.headings if h.level == 1 and h.start <= start), default=-1)
        begins = not questions or opened != chapter
        chapter = opened
        if not begins:
            scope.inherited = {n: k.rank for n, k in before.kinds.items() if k.role == "value"}
        for block in [b for b in source.blocks if start <= b.start < end]:
            with defects_noted(refused, block.start):
                refused += preamble.declare(scope, block.lines)
        inside = [f for f in source.fragments if start <= f.start < end]
        chains = [written_out(chain, letters) for fragment in inside for chain in read.get(fragment.start, ())]
        if questions:
            _now_indexed(scope, chains)
        for template, letter in prose.aliases(source.text[start:end]):
            preamble.declare(scope, [(start, f"use: {template} as {letter}")])
        known = frozenset({*before.kinds, *before.definitions}) if begins else None
        question = _guessed(_sound(scope, chains, source, known, refused), scope, source, known, refused)
        scope = question.scope
        questions.append(question)
    return Document(source, questions, refused)


def _sound(
    scope: Scope, chains: list[Chain], source: Source, known: frozenset[str] | None, refused: list[Refusal]
) -> Question:
    """The question without the chains that we fail to enter, which are refused."""
    with suppress(Exception):  # a defect of the checker, which one of the chains below meets again
        return question_in(scope, chains, source, known)
    kept: list[Chain] = []
    for chain in chains:
        with defects_noted(refused, chain.fragment.start):
            question_in(scope, [*kept, chain], source, known)
            kept.append(chain)
    return question_in(scope, kept, source, known)


def _guessed(
    question: Question,
    scope: Scope,
    source: Source,
    known: frozenset[str] | None,
    refused: list[Refusal],
) -> Question:
    """The question with a template for the first of its unknown functions that a template explains."""
    for name, candidates in conventions.unknown_functions(question):
        best = question
        for template in candidates:
            tried = scope.copy(inferred=True)
            preamble.use(tried, template, name, source="convention")
            with defects_noted(refused, question.chains[0].fragment.start):
                other = question_in(tried, question.chains, source, known)
                if conventions.agreeing(other, name) > conventions.agreeing(best, name):
                    best = other
                    best.conventions.append((name, template))
        if best is not question:
            return best
    return question


def _now_indexed(scope: Scope, chains: list[Chain]) -> None:
    """Forget numbers of an earlier part that this part uses in another way: only with an index, or only as an index."""
    used: dict[str, set[str]] = defaultdict(set)
    for tokens in (member.tokens for chain in chains for member in chain.members):
        end = 0
        for at, token in enumerate(tokens):
            if token.is_op("_"):
                end = max(end, group(tokens, at + 1)[1])
            indexed = any(following.is_op("_") for following in tokens[at + 1 : at + 2])
            if token.kind == "name":
                used[token.text].add("index" if at < end else "indexed" if indexed else "bare")
    for name, kind in list(scope.kinds.items()):
        if kind.role == "value" and not kind.dims and used[name] in ({"index"}, {"indexed"}):
            scope.forget(name)
            if used[name] == {"indexed"}:
                scope.facts[name] = set(kind.facts)


def question_in(scope: Scope, chains: list[Chain], source: Source, known: frozenset[str] | None) -> Question:
    """A question with its definitions entered and its formulas parsed; the scope is copied."""
    question = Question(scope.copy(inferred=True), chains)
    define(question, source, known)
    complete(question)
    return question


def _parts(source: Source) -> list[tuple[int, int]]:
    """Where questions begin and end."""
    formulas = [fragment.start for fragment in source.fragments]
    blocks = [block.start for block in source.blocks]
    first = min(formulas, default=0)
    starts = sorted({0, *(heading.start for heading in source.headings), *(b for b in blocks if b > first)})
    ends = [*starts[1:], len(source.text) + 1]
    kept = [
        start for start, end in zip(starts, ends, strict=True)
        if not start or any(start <= place < end for place in (*formulas, *blocks))
    ]  # fmt: skip
    return list(zip(kept, [*kept[1:], ends[-1]], strict=True))
