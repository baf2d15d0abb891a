"""All statements of a document as one reading: its functions, the conditions that hold, doubts and shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from functools import partial

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    Assumption,
    Declaration,
    Derivation,
    IndexKind,
    ValueKind,
)
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import (
    ONE,
    Apply,
    Comparison,
    Condition,
    Name,
    Term,
    is_printed,
)
from chainrule.documents.reader.declaring.declarations import base_of
from chainrule.documents.reader.interpretation.captured_parameters import with_captured_parameters
from chainrule.documents.reader.interpretation.counting import COUNTED, counted_from_one
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.earlier_entries import letters_from_zero, with_starts
from chainrule.documents.reader.interpretation.failures import without_failures
from chainrule.documents.reader.interpretation.held_arguments import with_held_arguments
from chainrule.documents.reader.interpretation.layer_definitions import with_layers
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation, WorseError, misfits_of
from chainrule.documents.reader.interpretation.stationary import STATIONARY, stationary_points
from chainrule.documents.reader.interpretation.strict_form import strict_form
from chainrule.documents.reader.interpretation.tacit_definitions import enter_tacit_definitions
from chainrule.documents.reader.interpretation.unknown_losses import with_softmax_supposed, with_unknown_losses
from chainrule.documents.reader.letters.suffixed_names import GIVEN, letter_of, name_as_written
from chainrule.documents.reader.letters.usual_functions import with_functions
from chainrule.documents.reader.prose.conditions_stated import (
    Held,
    given_by,
    held_in,
    reaching,
    without_alternatives,
)
from chainrule.documents.reader.prose.hypotheses import Hypothesis
from chainrule.documents.reader.structure.asides import bar_of, doubts_of
from chainrule.documents.reader.structure.differentials import with_constants
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import (
    ANOTHER_VALUE,
    HAS_ITS_KIND,
    LOSSES,
    SAME_SIZE,
    SAYS_MORE,
    UNTOLD,
    NotMeant,
)
from chainrule.documents.reader.syntax.parts_written import base_name


def joined(state: DocumentState, limit: float = math.inf) -> Reading:
    """The reading that all statements make, with what the document states besides.

    Raises
    ------
    WorseError
        If as many misfits as the limit are found.
    """
    block = state.besides.block  # what it defines needs no facts, and those that it declares need no sentence
    facts = {(each.name, fact) for each in block.declared for fact in each.facts}
    known = (each for each in state.besides.stated.hypotheses if (_all_of(each.subject), each.fact) not in facts)
    told = (each for each in known if not (each.fact and base_of(each.subject) in block.defined))
    told = (each for each in told if not _is_of_running(state, each))
    stated = [*_facts_of_blocks(state), *told]
    held = without_alternatives(
        held_in(
            _in_their_places(state, stated),
            state.elaborator,
            state.definitions.keys() | state.unread.keys() | state.elsewhere,
            state.labels.keys(),
        )
    )
    enter_tacit_definitions(state)
    declared = {**{name: IndexKind(size) for name, size in state.labels.items()}, **state.kinds}
    derivation = with_functions(
        Derivation(
            tuple(Declaration(name, kind) for name, kind in declared.items()),
            tuple(state.definitions.values()),
            tuple(Assumption(each.condition) for each in held if not each.compares_indices),
            tuple(state.claims),
        ),
        state.inventory,
        lambda name: (state.fresh_size(name), ONE),
        columns=state.losses,
        rows=state.rows,
        said=state.besides.stated.said,
    )
    derivation = with_constants(derivation, {each.claim: id(each.statement.piece) for each in state.entries})
    derivation = with_starts(derivation, letters_from_zero(each.condition for each in held))
    derivation, open_arguments = with_held_arguments(derivation, state.statements)
    for number, held_ones in open_arguments.items():
        state.bars.setdefault(number, f"∂ may hold {' and '.join(sorted(map(letter_of, held_ones)))} fixed")
        state.doubt(number, frozenset({state.bars[number]}))
    derivation, losses = with_unknown_losses(with_layers(with_captured_parameters(derivation)))
    derivation, conditions, counted = counted_from_one(
        derivation, [each.condition for each in held], state.inventory.indices, state.inventory.from_zero
    )
    held = [replace(each, condition=condition) for each, condition in zip(held, conditions, strict=True)]
    for number in counted:
        state.doubt(number, frozenset({COUNTED}))
    _bar_where_values_change(state, derivation, stated)
    _bar_where_renewed(state, derivation)
    for number, names in losses.items():
        state.doubt(number, frozenset({f"{names} {UNTOLD}"}))
    try:
        return _resolved(state, derivation, held, limit)
    except WorseError:
        raise
    except Exception:  # a defect of the reader: its claim or definition is found, and left out
        derivation, claims, definitions = without_failures(derivation, partial(_used, state))
        state.unread |= definitions
        for place, entry in enumerate(state.entries):
            if entry.claim in claims:
                state.entries[place] = ReadRelation(entry.statement, "not read", reason=claims[entry.claim])
        return _resolved(state, derivation, held, limit)


# What follows is private.


def _all_of(subject: w.Written) -> w.Written:
    """The vector of which something is an entry: y of y_i."""
    return subject.base if isinstance(subject, w.Scripted) and subject.upper is None else subject


def _is_of_running(state: DocumentState, each: Hypothesis) -> bool:
    """Whether it says which entry of a one-hot vector is 1, with an index that has several values: it is left out."""
    match each.subject:
        case w.Comparing(members=(w.Scripted(lower=w.Symbol(text=label)), _)) if not each.fact:
            return label in state.besides.stated.ones - state.labels.keys()
    return False


def _bar_where_values_change(state: DocumentState, derivation: Derivation, stated: Iterable[Hypothesis]) -> None:
    """Prove nothing of a name with a number for its definition, from where a sentence or a heading gives it another."""
    names = Names.of(derivation)
    values = {name: each.body for name, each in names.definitions.items() if is_printed(each.body)}
    for each in _in_their_places(state, stated):
        with suppress(NotMeant, RecursionError):
            condition = None if each.fact else state.elaborator.condition(each.subject)
            base, value = (condition and given_by(condition)) or ("", None)
            written = name_as_written(base)
            changed = {name for name in values if name_as_written(name) == written and values[name] != value}
            for number, claim in enumerate(derivation.claims if changed else ()):
                if state.places[number] >= each.start and changed & names.used_by(claim.left, claim.right):
                    state.bars[number] = f"'{each.text}' in line {each.line} gives {letter_of(base)} {ANOTHER_VALUE}"
                    state.doubt(number, frozenset({state.bars[number]}))


def _bar_where_renewed(state: DocumentState, derivation: Derivation) -> None:
    """Prove nothing with a definition of a letter, also through others, from where words give it another meaning."""
    names = Names.of(derivation)
    for each in (each for each in state.besides.stated.renewals if each.is_any):
        old = {name for name in names.definitions if name_as_written(name) == each.letter}
        old -= {name for name in old if state.defined_at.get(name, -1) > each.place}
        for number, claim in enumerate(derivation.claims if old else ()):
            if state.places[number] > each.place and old & names.used_by(claim.left, claim.right):
                state.bars.setdefault(number, f"line {each.line} says something else of {each.letter}")
                state.doubt(number, frozenset({state.bars[number]}))


def _resolved(state: DocumentState, derivation: Derivation, held: Sequence[Held], limit: float) -> Reading:
    """The reading of a derivation, by the shapes of its terms."""
    state.claims[:] = derivation.claims
    shapes = Shapes(derivation, _matrices(state), _vectors(state), state.rows)
    if (misfits := misfits_of(shapes)) >= limit:
        raise WorseError(misfits)
    fitting = {id(term) for term, _ in shapes.faults}
    held = [each for each in held if id(each.condition) not in fitting]
    losses = _losses_told(state)
    strict = strict_form(shapes, *_reached(state, derivation, held), losses)
    if "softmax" in state.inventory.prose or "softmax" in state.inventory.words:
        strict = with_softmax_supposed(strict, shapes, state.elsewhere | {letter_of(each) for each in state.unread})
    points = stationary_points(state, strict, shapes)
    for number, settings in points.items():
        if not all(each.settles for each in settings):
            state.doubt(number, frozenset({STATIONARY}))
    entries = tuple(_judged(state, shapes))
    read = {each.name for each in derivation.definitions}
    unread = {name: why for name, why in state.unread.items() if name not in read}
    told = {each.name for each in strict.declarations if letter_of(each.name.removesuffix("_of")) in losses}
    found = Reading(strict, shapes, entries, unread, state.again, state.kinds.keys() | told)
    parameters = {name: frozenset(letters) for name, letters in state.elaborator.depends.items()}
    found = replace(found, problems=tuple(state.problems), bars=state.bars, looping=state.looping)
    found = replace(found, with_arguments=state.elaborator.with_arguments)
    found = replace(found, transposed=state.layout != state.layout_told, has_layout=bool(state.layout_told))
    return replace(found, parameters=parameters, stationary=points, maybe=state.maybe, doubted=state.doubted)


def _losses_told(state: DocumentState) -> dict[str, Set[str]]:
    """By letter of a loss: the names of which a block says that it is a function."""
    state.elaborator.aliases, found = {}, dict[str, Set[str]]()
    for letter, names in state.besides.block.losses:
        with suppress(NotMeant):
            made_of = {terms.base_in(state.elaborator.term(each)) for each in names}
            found[letter] = found.get(letter, frozenset()) | made_of
    return found


def _used(state: DocumentState, derivation: Derivation) -> None:
    """Give a derivation its shapes and its strict form, to see whether this fails."""
    shapes = Shapes(derivation, _matrices(state), _vectors(state), state.rows)
    strict_form(shapes, [], [()] * len(derivation.claims))


def _facts_of_blocks(state: DocumentState) -> Iterable[Hypothesis]:
    """The facts in blocks, which hold from there on."""
    for each in state.besides.block.declared:
        for fact in sorted(each.facts):
            yield Hypothesis(each.name, fact, each.piece, 1 << 60, True, each.line, fact)


def _in_their_places(state: DocumentState, hypotheses: Iterable[Hypothesis]) -> Iterable[Hypothesis]:
    """Hypotheses, each of which is read with the names that letters have at its piece."""
    parts = {state.number_of(each): state.scopes.parts.get(id(each.piece), 0) for each in state.statements}
    for each in hypotheses:
        before = max((number for number in parts if number <= each.start), default=-1)
        state.elaborator.aliases = state.aliases_in(parts.get(before, 0), each.start)
        state.elaborator.bound = frozenset()
        yield each


def _reached(
    state: DocumentState, derivation: Derivation, held: Sequence[Held]
) -> tuple[list[Condition], list[tuple[Condition, ...]]]:
    """The conditions that reach all claims about their names, and the other ones for each claim."""
    names, anywhere = Names.of(derivation), range(1 << 60)
    for number, (claim, at) in enumerate(zip(state.claims, state.places, strict=True)):
        later = sorted(n for n in names.used_by(claim.left, claim.right) if state.defined_at.get(n, -1) > at)
        state.doubt(number, frozenset(f"{name} is defined after it" for name in later))
        if isinstance(claim.left, Name) and claim.left.text in later:  # what the text says later does not prove it
            state.bars[number] = f"{letter_of(claim.left.text)} is defined after it"
    places, renewals = zip(state.claims, state.places, strict=True), state.besides.stated.renewals
    reached = [reaching(held, claim, at, names, state.defined_at, renewals) for claim, at in places]
    for number, (here, doubted) in enumerate(reached):
        unsure = {f"whether {each.text} holds here": each.condition for each in doubted}
        state.doubt(number, frozenset(unsure))
        state.doubted |= unsure
        near = [each for each in doubted if isinstance(each.condition, Comparison) and _is_near(state, each, number)]
        state.maybe |= {number: near[0]} if len(near) == 1 else {}
        _beside(state, number, {each.at for each in here}, names)
    lasting = [replace(each, start=0, end=anywhere.stop, at=-1) for each in held if each.certain]
    about = [reaching(lasting, claim, 0, names)[0] for claim in state.claims]
    everywhere = {
        id(each.condition)
        for each in held
        if each.certain
        and not each.compares_indices
        and not terms.free_names(each.condition) & state.labels.keys()
        and not any(
            any(one.condition is each.condition for one in wanted)
            and not any(one.condition is each.condition for one in here)
            for wanted, (here, _) in zip(about, reached, strict=True)
        )
    }
    always = [each.condition for each in held if id(each.condition) in everywhere]
    return always, [
        tuple(each.condition for each in here if id(each.condition) not in everywhere) for here, _ in reached
    ]


def _is_near(state: DocumentState, held: Held, number: int) -> bool:
    """Whether a condition stands before the display of a claim, in the same part, and no display is between."""
    if state.besides.stated.general & {*range(held.at, state.places[number])}:
        return False
    before = [each.piece for each in state.statements if held.at <= state.number_of(each) <= state.places[number]]
    displays = {id(piece) for piece in before if piece.kind == "display"}
    return (
        len(displays) == 1 and len({state.part_of(piece) for piece in before}) == 1 and held.at < state.places[number]
    )


def _beside(state: DocumentState, number: int, here: Set[int], names: Names) -> None:
    """Enter the doubts about a claim, and the reason why nothing is proved of it, from all that is said besides."""
    claim, place = state.claims[number], state.places[number]
    used = names.used_in(claim)
    sizes = [size for name in used if isinstance(kind := state.kinds.get(name), ValueKind) for size in kind.shape]
    about = {letter_of(name) for name in used.union(*map(terms.free_names, sizes))} - state.inventory.indices
    state.doubt(number, frozenset(doubts_of(state.asides, place, about, here, state.kinds.keys())))
    state.doubt(number, frozenset(doubt for name, doubt in state.disputed.items() if name in about))
    state.doubt(number, frozenset(f"{one} = {other}{SAME_SIZE}" for one, other in state.same_sizes if one in about))
    suppositions = (state.supposed[name] for name in about & state.supposed.keys())
    state.doubt(number, frozenset(words for words, reach in suppositions if place not in reach))
    stated = state.besides.stated
    said = (SAYS_MORE.format(line=stated.more[each], name=each) for each in about & stated.more.keys())
    state.doubt(number, frozenset(said))
    bar = bar_of(state.asides, claim, place, names, state.inventory.indices)
    if any(isinstance(part, terms.Slope) for part in claim.parts):
        worded = about & stated.in_words.keys() - set(map(letter_of, state.definitions))
        bar = bar or next((f"line {stated.in_words[each]} says in words what {each} is made of" for each in worded), "")
    for each in stated.declared:
        name = base_of(each.name)
        if name in used & state.distrusted and each.kind is not None:
            state.doubt(number, frozenset({HAS_ITS_KIND.format(name=name)}))
            *_, end = stated.bounds.get(each.piece, (1 << 60,))  # of its section
            if not bar and each.piece <= place < end:
                bar = f"its shapes do not fit what line {each.line} says of {name}"
    if bar:
        state.bars.setdefault(number, bar)


def _judged(state: DocumentState, shapes: Shapes) -> Iterable[ReadRelation]:
    faults = {id(term): message for term, message in shapes.faults}
    lone, names = shapes.with_one_entry() - _certain(state), Names.of(shapes.derivation)
    for entry in state.entries:
        claim = state.claims[entry.claim] if entry.claim is not None else None
        if claim is not None and (one := lone and lone & names.used_by(claim.left, claim.right)):
            doubts = entry.rests_on | {f"whether {min(one)} is an array"}
            yield replace(entry, kind="does not fit", reason=f"{min(one)} would have one entry only", rests_on=doubts)
        elif claim is not None and id(claim.left) in faults:
            told = (state.kinds.keys() - _certain(state)) & names.used_by(claim.left, claim.right)
            doubts = frozenset(HAS_ITS_KIND.format(name=name) for name in told)
            yield replace(entry, kind="does not fit", reason=faults[id(claim.left)], rests_on=entry.rests_on | doubts)
        else:
            yield entry


def _certain(state: DocumentState) -> set[str]:
    """The names that blocks declare, as far as they are understood."""
    found = set[str]()
    for name in [each.name for each in state.besides.block.declared]:
        with suppress(NotMeant):
            found.add(base_name(name) if isinstance(name, w.Symbol) else terms.base_in(state.elaborator.term(name)))
    return found


def _matrices(state: DocumentState) -> frozenset[str]:
    """Capital letters without a subscript, or with a number, that are no sizes and no losses.

    A loss is differentiated, or a letter for one that has a definition.
    """
    found, names = set(), state.all_names()
    numbered = {name.split("_")[0] for name in names if re.fullmatch(r"[A-Z]_\d+", name)}
    for base in {*state.inventory.bare} | numbered:
        letter = base.split("_")[0]
        capital = (len(letter) == 1 and letter.isupper()) or letter in ("Theta", "Sigma", "Phi")
        may_be_loss = base in state.inventory.differentiated or (base in LOSSES and base in state.definitions)
        is_loss = may_be_loss and not state.inventory.bold[base]
        if capital and not is_loss and base not in state.inventory.limits:
            found.add(base)
    decorated = {name for name in names if name.split("_")[0] in found and GIVEN not in name}
    return frozenset(found | decorated)


def _vectors(state: DocumentState) -> frozenset[str]:
    """Small letters that are always bold, or of which a norm is taken."""
    bold = {
        base for base, count in state.inventory.bold.items()
        if base[:1].islower() and count >= state.inventory.bare[base] > 0
    }  # fmt: skip
    every = (part for claim in state.claims for part in claim.parts)
    measured = {_name_in_norm(part) for part in every} - state.definitions.keys()
    return frozenset(bold | {base for base in measured if base[:1].islower()})


def _name_in_norm(term: Term) -> str:
    """The name whose norm a term is."""
    match term:
        case Apply("norm", (Name(text=text),)):
            return text
    return ""
