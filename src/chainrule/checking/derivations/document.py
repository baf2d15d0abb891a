"""Documents as questions: each with its scope of names, its definitions, and its chains of steps.

A question opens at a heading or at a block of declarations. It inherits what was defined before; definitions inside it
hold from its beginning, as people write "where ..." after the formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.checking.derivations import guessing, preamble, prose
from chainrule.checking.derivations.completing import complete
from chainrule.checking.derivations.defining import define
from chainrule.checking.derivations.model import Scope
from chainrule.checking.derivations.question import Question
from chainrule.checking.derivations.sources import Source
from chainrule.checking.derivations.statements import Chain, statements
from chainrule.checking.derivations.superscripts import counted, written_out
from chainrule.checking.derivations.tokens import TooLong


@dataclass
class Document:
    """A source with its questions."""

    source: Source
    questions: list[Question]
    problems: list[preamble.DeclarationProblem]
    refused: list[tuple[int, str, str]]
    """Where something was left out, with a verdict and the reason."""


def failure(error: Exception) -> str:
    """What is said where the checker itself fails."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"the checker failed here ({what}); please report it with the text"


def understand(source: Source, extra: str | None = None) -> Document:
    """Split a source into questions and give each its scope."""
    problems: list[preamble.DeclarationProblem] = []
    refused: list[tuple[int, str, str]] = []
    scope = Scope()
    if extra is not None:
        lines = [line.strip().removeprefix("%!").strip() for line in extra.splitlines()]
        unknown = preamble.declare(scope, [(-1, line) for line in lines if line and line != "---"])
        problems += [replace(problem, offset=-1) for problem in unknown]
    if prose.says_rows(source.text):
        scope.layout = "rows"
    read: dict[int, list[Chain]] = {}
    for fragment in source.fragments:
        try:
            read[fragment.start] = statements(fragment)
        except (TooLong, RecursionError) as error:
            refused.append((fragment.start, "not read", str(error) or "nested too deeply"))
        except Exception as error:
            refused.append((fragment.start, "internal error", failure(error)))
    letters = counted(chain for found in read.values() for chain in found)
    questions: list[Question] = []
    blocks, fragments = list(source.blocks), list(source.fragments)
    chapter = -1
    for start, end in _parts(source):
        before, scope = scope, scope.copy()
        opened = max((h.start for h in source.headings if h.level == 1 and h.start <= start), default=-1)
        if questions and opened == chapter:
            scope.inherited = {n: k.rank for n, k in before.kinds.items() if k.role == "value"}
        for block in [
            b for b in blocks if start <= b.start < end or (b.start < start and b in blocks and not questions)
        ]:
            blocks.remove(block)
            try:
                problems += preamble.declare(scope, block.lines, source.line)
            except Exception as error:
                refused.append((block.start, "internal error", failure(error)))
        inside = [f for f in fragments if start <= f.start < end]
        chains = [written_out(chain, letters) for fragment in inside for chain in read.get(fragment.start, ())]
        if questions:
            _now_indexed(scope, chains)
        for template, letter in prose.aliases(source.text[start:end]):
            preamble.declare(scope, [(start, f"use: {template} as {letter}")])
        known = frozenset({*before.kinds, *before.definitions}) if opened != chapter or not questions else None
        chapter = opened
        question = _sound(scope, chains, source, known, refused)
        question = _guessed(question, scope, source, known, refused)
        scope = question.scope
        questions.append(question)
    return Document(source, questions, problems, refused)


def _sound(
    scope: Scope, chains: list[Chain], source: Source, known: frozenset[str] | None, refused: list[tuple[int, str, str]]
) -> Question:
    """The question without the chains that we fail to enter, which are refused: halves are tried, then one by one."""
    try:
        return question_in(scope, chains, source, known)
    except Exception as error:
        if len(chains) <= 1:
            refused += [(chain.fragment.start, "internal error", failure(error)) for chain in chains]
            return Question(scope.copy(inferred=True), [])
        half = len(chains) // 2
        kept = _sound(scope, chains[:half], source, known, refused).chains
        for chain in _sound(scope, chains[half:], source, known, refused).chains:
            try:
                question_in(scope, [*kept, chain], source, known)
            except Exception as together:
                refused.append((chain.fragment.start, "internal error", failure(together)))
            else:
                kept = [*kept, chain]
        return question_in(scope, kept, source, known)


def _guessed(
    question: Question,
    scope: Scope,
    source: Source,
    known: frozenset[str] | None,
    refused: list[tuple[int, str, str]],
) -> Question:
    """The question with the first of its unknown functions that a template stands for, if one does."""
    for name, candidates in guessing.unknown_functions(question):
        best = question
        for template in candidates:
            tried = scope.copy(inferred=True)
            preamble.use(tried, template, name, source="convention")
            try:
                other = question_in(tried, question.chains, source, known)
                better = guessing.agreeing(other, name) > guessing.agreeing(best, name)
            except Exception as error:
                refused.append((question.chains[0].fragment.start, "internal error", failure(error)))
                continue
            if better:
                best = other
                best.conventions.append((name, template))
        if best is not question:
            return best
    return question


def _now_indexed(scope: Scope, chains: list[Chain]) -> None:
    """Numbers of an earlier part that this one uses otherwise: z as a vector, with an index alone, a as an index."""
    used: dict[str, set[str]] = {}
    for tokens in (member.tokens for chain in chains for member in chain.members):
        below = 0
        for at, token in enumerate(tokens):
            opened = token.text == "{" and token.kind == "brace"
            if opened and (below or (at and tokens[at - 1].text == "_")):
                below += 1
            elif below and token.text == "}" and token.kind == "brace":
                below -= 1
            if token.kind == "name":
                indexed = at + 1 < len(tokens) and tokens[at + 1].text == "_"
                alone = below or (at and tokens[at - 1].text == "_")
                used.setdefault(token.text, set()).add("index" if alone else "indexed" if indexed else "bare")
    for name, kind in list(scope.kinds.items()):
        if kind.role != "value" or kind.dims:
            continue
        if used.get(name) == {"indexed"}:
            scope.forget(name)
            scope.facts.setdefault(name, set()).update(kind.facts)
        elif used.get(name) == {"index"}:
            scope.forget(name)


def question_in(scope: Scope, chains: list[Chain], source: Source, known: frozenset[str] | None) -> Question:
    """A question with its definitions entered and its formulas parsed; the scope is copied."""
    question = Question(scope.copy(inferred=True), chains)
    define(question, source, known)
    complete(question)
    return question


def _parts(source: Source) -> list[tuple[int, int]]:
    """Where questions begin and end."""
    first = source.fragments[0].start if source.fragments else 0
    marks = {0, *(h.start for h in source.headings), *(b.start for b in source.blocks if b.start > first)}
    starts = sorted(marks)
    parts = list(zip(starts, [*starts[1:], len(source.text) + 1], strict=True))
    kept: list[tuple[int, int]] = []
    for part in parts:
        filled = any(part[0] <= f.start < part[1] for f in source.fragments)
        declared = any(part[0] <= b.start < part[1] for b in source.blocks)
        if filled or declared or not kept:
            kept.append(part)
        else:
            kept[-1] = (kept[-1][0], part[1])
    return kept
