"""One reading of a document, under some hypotheses about it: definitions, claims, and every relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import (
    Apply,
    Assumption,
    Condition,
    Declaration,
    Definition,
    Derivation,
    FunctionKind,
    IndexKind,
    Kind,
    Name,
    Relation,
    SizeKind,
    Term,
    ValueKind,
)
from chainrule.documents.reader import written as w
from chainrule.documents.reader.any_length import of_any_length
from chainrule.documents.reader.asides import Aside, bar_of, doubts_of
from chainrule.documents.reader.conditions_stated import Held, base_in, held_in, reaching, without_alternatives
from chainrule.documents.reader.counting import COUNTED, counted_from_one
from chainrule.documents.reader.declarations import ONE, UNSAID, Declared, base_of, sizes_said
from chainrule.documents.reader.differentials import stands_for_changes, with_constants
from chainrule.documents.reader.document_parts import Scopes
from chainrule.documents.reader.elaboration import Elaborator
from chainrule.documents.reader.failures import failure, without_failures
from chainrule.documents.reader.implied_sums import free_in, summed
from chainrule.documents.reader.inventory import LAYER_LETTERS, Inventory, all_parts, base_name, letters_of
from chainrule.documents.reader.known_words import DEFINED_ANEW, ELEMENTARY, EQUATED, MAYBE, RELATIONS, UNTOLD, NotMeant
from chainrule.documents.reader.landau_terms import LANDAU, ZERO, orders, vanishing, without_orders
from chainrule.documents.reader.layer_definitions import with_layers, with_unknown_losses
from chainrule.documents.reader.parameter_kinds import kind_of_parameter
from chainrule.documents.reader.reach_of_sums import outer_letters, over_both
from chainrule.documents.reader.readings import Besides, Reading, ReadRelation
from chainrule.documents.reader.scripts import with_entries
from chainrule.documents.reader.standard_arrays import standing_for_themselves
from chainrule.documents.reader.stated import Hypothesis
from chainrule.documents.reader.statements import (
    Statement,
    Target,
    gives_derivative,
    gives_value,
    is_example,
    is_update,
    joint_defined,
    says_more,
    target_of,
    uses_target,
)
from chainrule.documents.reader.strict_form import strict_form
from chainrule.documents.reader.usual_functions import with_functions
from chainrule.documents.reader.written import alike
from chainrule.documents.sources.pieces import Piece

MOST_DEPTH = 120
"""Terms within each other."""

LOSSES = frozenset({"E", "J", "L"})
"""Capital letters that are numbers where they have a definition and nothing shows their shapes."""

SUPPOSED = ("condition", "case", "denied", "past", "assumed")
"""Roles that sentences give to formulas which they do not claim."""


@dataclass(eq=False)
class DocumentReader:
    """Reads all statements of a document under some hypotheses about it.

    Parameters
    ----------
    inventory : Inventory
    statements : sequence of Statement
    besides : Besides
    scopes : Scopes
    aliases : mapping
        By part: other names for letters that mean something else there.
    layout : str
        "transposed" if gradients of numbers by columns are rows; "" if nothing is said.
    rows : bool
        True if vectors are rows.
    singles : set of str
        Letters without their index that are the value of one example.
    losses : bool
        True if functions without a definition take a vector.
    tries : bool
        Whether derivatives that sentences give under their conditions are claims, and identities between equivalences.
    elsewhere : set of str
        Letters that statements define which are left out here: none is a constant or a standard array, or has a value
        that a sentence assumes.
    distrusted : set of str
        Names that are not what sentences say of them, for their shapes do not fit it.
    turned : set of str
        Letters whose members are the vectors along the other axis than their indices suggest.
    lone : set of str
        Letters that are one vector, though members of them seem to be vectors.
    apart : set of str
        Letters that without an index are a vector of their own, beside the vectors that have one.
    units : bool
        Whether e with an index is a unit vector.
    lettered : set of str
        Letters of indices that name layers.
    near : bool
        True if only what the text says between the statements counts.
    """

    inventory: Inventory
    statements: Sequence[Statement]
    besides: Besides
    scopes: Scopes = field(default_factory=Scopes)
    aliases: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    capitals: Mapping[str, str] = field(init=False)
    equivalences: Set[int] = field(init=False)
    layout: str = ""
    rows: bool = False
    singles: Set[str] = frozenset()
    losses: bool = False
    distrusted: Set[str] = frozenset()
    turned: Set[str] = frozenset()
    lone: Set[str] = frozenset()
    apart: Set[str] = frozenset()
    elsewhere: Set[str] = frozenset()
    units: bool = False
    lettered: Set[str] = frozenset()
    near: bool = False
    tries: bool = False
    elaborator: Elaborator = field(init=False)
    looping: set[str] = field(default_factory=set)
    definitions: dict[str, Definition] = field(default_factory=dict)
    written: dict[str, w.Written] = field(default_factory=dict)
    targets: dict[str, w.Written] = field(default_factory=dict)
    said: dict[str, list[tuple[w.Written, set[str]]]] = field(default_factory=dict)
    moved: dict[int, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, Term] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    claims: list[Relation] = field(default_factory=list)
    entries: list[ReadRelation] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    defined_at: dict[str, int] = field(default_factory=dict)
    asides: list[Aside] = field(default_factory=list)
    bars: dict[int, str] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    sizes: dict[str, Term] = field(default_factory=dict)
    disputed: Mapping[str, str] = field(default_factory=dict)
    rounded: set[int] = field(default_factory=set)
    later: dict[int, dict[str, str]] = field(default_factory=dict)
    fresh: int = 0

    def __post_init__(self) -> None:
        self.problems = list(self.besides.block.errors)
        self.inventory = replace(
            self.inventory,
            declared={},
            arrays=set(self.inventory.arrays),
            turned=self.turned,
            lone=self.lone,
            apart=self.apart,
        )
        self.equivalences = {id(each.piece) for each in self.statements if each.relation == "<=>"}
        self.capitals = self.inventory.capitals
        own = {self.besides.numbers[id(each.piece)]: self._part_of(each.piece) for each in self.statements}
        said = [each for each in self.besides.stated.declared if base_of(each.name) not in self.distrusted]
        said.sort(key=lambda each: each.piece not in own)  # what the statements themselves say counts first
        if self.near:
            said = [each for each in said if min(own) <= each.piece <= max(own)]
        every = [*self.besides.block.declared, *said]
        self.later = self.besides.block.renamed()
        for each in every:
            if isinstance(each.name, w.Symbol):
                name = base_name(each.name)
                if each in self.besides.block.declared:
                    name = self._in_block(name, each.piece)
                elif each.piece in own:
                    self._declare(self._aliases_in(own[each.piece], each.piece).get(name, name), each)
                self._declare(name, each)
        self.elaborator = Elaborator(self.inventory, {}, self._layers(), self.layout, lettered=self.lettered)
        self.elaborator.nabla_is_row = self.besides.stated.nabla_is_row
        self.elaborator.rules = {
            self._in_block(name, number): rule
            for number, rules in self.besides.block.rules.items()
            for name, rule in rules.items()
        }
        self.elaborator.sizes = self.sizes
        self.disputed = self._disputed()
        blocks = {self._in_block(base_of(each.name), each.piece) for each in self.besides.block.declared}
        kinds = {name: self.kinds[name] for name in blocks & self.kinds.keys()}
        self.elaborator.ranges = {name: kind.size for name, kind in kinds.items() if isinstance(kind, IndexKind)}
        self.elaborator.functions = self._functions()
        self.elaborator.indexed = self._functions_with_indices()
        targets = (target_of(statement, self.inventory) for statement in self.statements)
        defined = {target.base for target in targets if target is not None and isinstance(target.name, w.Symbol)}
        defined |= self.elsewhere
        self.elaborator.standing = standing_for_themselves(self.inventory, defined, self.kinds, self.units)
        self.elaborator.euler = "e" not in defined
        self.elaborator.differentials = stands_for_changes(self.statements, self.inventory)
        self.elaborator.redefined = frozenset(filter(None, map(joint_defined, self.statements)))
        for each in every:
            if not isinstance(each.name, w.Symbol):
                self._declare_entries(each)
        found = {name: () for name, kind in self.kinds.items() if isinstance(kind, FunctionKind)}
        self.elaborator.functions = found | self.elaborator.functions

    def _disputed(self) -> dict[str, str]:
        """Doubts about declared names: the text says something else of them, or they stand in two fonts."""
        told = {base_of(each.name): each for each in self.besides.block.declared if isinstance(each.kind, ValueKind)}
        uses = {name: self.inventory.bare[name] + len(self.inventory.subscripts.get(name, ())) for name in told}
        found = {
            name: f"{name} stands in bold type and in plain type"
            for name in told
            if 0 < self.inventory.bold[name] < uses[name]
        }
        for each in self.besides.stated.declared:
            name, kind = base_of(each.name), each.kind
            here = told[name].kind if name in told else None
            if isinstance(kind, ValueKind) and isinstance(here, ValueKind) and isinstance(each.name, w.Symbol):
                sizes = [one for one in zip(kind.shape, here.shape, strict=False) if UNSAID not in one]
                if len(kind.shape) != len(here.shape) or any(one != other for one, other in sizes):
                    found[name] = f"line {each.line} says something else of {name} than the declarations"
        return found

    def _declare(self, name: str, declared: Declared, axes: int = 0) -> None:
        """Enter the kind of a name, if it has none; `axes` more for indices with which the name stands."""
        kind = declared.kind
        name = f"{name}__one" if name in self.singles and not axes else name
        in_text = declared not in self.besides.block.declared
        calls = sum(name not in letters_of(each) for each in self.inventory.called.get(name, ()))  # not in a(1 - a)
        told = isinstance(kind, FunctionKind) and kind.arguments
        letter = base_of(declared.name)
        scripted = told and not isinstance(declared.name, w.Symbol) and letter in self.inventory.called
        known = told or self.inventory.bare[name] <= calls + 1 or not self.inventory.is_value(name)
        called = scripted or (calls and known)
        idle = isinstance(kind, IndexKind | ValueKind) and name in self.inventory.indices
        unneeded = idle or (isinstance(kind, FunctionKind) and not called) or name in self.inventory.limits
        if kind is None or name in self.kinds or (in_text and unneeded):
            return

        def said(shape: tuple[Term, ...]) -> tuple[Term, ...]:
            return tuple(self._open(name) if size == UNSAID else self._size(size, declared.piece) for size in shape)

        if declared.value is not None:
            self.sizes[name] = self._size(declared.value, declared.piece)

        match kind:
            case ValueKind(shape=shape) if axes:
                shape = (*shape[: 1 if shape[1:] == (ONE,) else None], *(UNSAID,) * axes)
                kind = ValueKind(said((*shape, ONE) if len(shape) == 1 else shape))
            case ValueKind(shape=shape):
                kind = ValueKind(said(shape))
            case IndexKind(size=size):
                kind = IndexKind(*said((size,)))
            case FunctionKind(arguments=arguments, result=result) if axes:  # f_i(x) is an entry of f(x)
                if result or axes > 1 or not all(arguments):
                    return
                kind = FunctionKind(tuple(map(said, arguments)), said((UNSAID, ONE)))
                self.elaborator.indexed |= {name}
            case FunctionKind(arguments=arguments, result=result):
                kind = FunctionKind(tuple(map(said, arguments)), said(result))
        self.kinds[name] = kind
        sizes = kind.shape if isinstance(kind, ValueKind) else None
        self.inventory.declare(name, -1 if sizes is None else len(sizes) - (sizes[1:] == (ONE,)))
        for size in sizes_said(kind):
            for part in terms.free_names(size):
                if not part.startswith(OPEN) and part not in self.kinds:
                    self.kinds[part] = SizeKind()
                    self.inventory.declare(part, -1)

    def _declare_entries(self, declared: Declared) -> None:
        """The kind of a name with scripts: W_1 is a name, x_i one of several."""
        try:
            found = self.elaborator.term(declared.name)
        except NotMeant as error:
            self.problems.append((declared.line, str(error)))
            return
        indices = len(found.indices) if isinstance(found, terms.Entry) else int(isinstance(found, terms.Apply))
        if indices == 1 and isinstance(declared.kind, ValueKind) and declared.kind.shape:
            self.inventory.vectors[base_in(found)] += 1
            if isinstance(declared.name, w.Scripted) and declared.name.lower is None:  # x^{(i)} is a vector
                self.inventory.arrays |= {base_of(declared.name)}
        if base_in(found):
            self._declare(base_in(found), declared, indices)

    def _in_block(self, name: str, piece: int) -> str:
        """The name that a block's name has, if an earlier one has it, too."""
        return self.later.get(piece, {}).get(name, name)

    def _size(self, size: Term, piece: int) -> Term:
        """A size of a block, in which sizes that are made of others are replaced."""
        if isinstance(size, Name):
            name = self._in_block(size.text, piece)
            return self.sizes.get(name, Name(name))
        return terms.mapped(size, lambda part: self._size(part, piece))

    def _open(self, name: str) -> Name:
        self.fresh += 1
        return Name(f"{OPEN}{name}{self.fresh}")

    def _layers(self) -> frozenset[str]:
        """Superscripts that name layers: letters next to which l + 1 or l - 1 stand in superscripts, or usual ones."""
        found = set[str]()
        for base, uppers in self.inventory.superscripts.items():
            for upper in uppers:
                if isinstance(upper, w.Symbol) and upper.text in LAYER_LETTERS - self.kinds.keys() and base != "e":
                    found.add(upper.text)
        return frozenset(found)

    def _functions(self) -> dict[str, tuple[str, ...]]:
        """Names that the document defines with parameters, or that are words or primed and called."""
        found: dict[str, tuple[str, ...]] = {n: () for n, kind in self.kinds.items() if isinstance(kind, FunctionKind)}
        told = {name for name, kind in self.kinds.items() if isinstance(kind, FunctionKind) and kind.arguments}
        targets = [(target_of(statement, self.inventory), statement) for statement in self.statements]
        for target, _ in targets:
            if target is not None and target.parameters and target.base not in ELEMENTARY:
                self.elaborator.arities.setdefault(target.base, set()).add(len(target.parameters))
        for target, statement in targets:
            if target is not None and target.parameters and target.base not in ELEMENTARY:
                several = len(self.elaborator.arities[target.base]) > 1
                names = [base_name(p) if isinstance(p, w.Symbol) else "" for p in target.parameters]
                name = self._key_of(target)
                letters = letters_of(statement.right)
                made = names[0].startswith(EQUATED)
                if name is not None and all(names) and not set(names) <= letters:
                    self.elaborator.values.add(name)
                elif (
                    name
                    and all(names)
                    and not found.get(name)
                    and (several or name in told or made or not self.inventory.is_value(target.base))
                ):
                    found[name] = tuple(names)
                elif name and all(names) and name not in found:
                    self.elaborator.depends.setdefault(name, tuple(names))
        defined = {target.base for target, _ in targets if target is not None}
        for target, statement in targets:
            match statement.right:
                case w.Beside(parts=(w.Symbol() as function, w.Bracketed(kind="(", items=items)), joints=("",)) if (
                    target is not None and not target.parameters and all(isinstance(each, w.Symbol) for each in items)
                ):  # z = f(x, y), where nothing says what f is
                    name = base_name(function)
                    if name not in defined | self.kinds.keys() | ELEMENTARY.keys() and not function.is_word:
                        found.setdefault(name, ())
        for name in self.inventory.called.keys() - found.keys() - self.kinds.keys() - ELEMENTARY.keys():
            is_primed = name in self.inventory.primed and name not in self.inventory.by
            if is_primed or name in self.inventory.words or self.inventory.is_always_called(name):
                found[name] = ()
        return found

    def _functions_with_indices(self) -> frozenset[str]:
        """Functions whose values have entries, as in softmax(z)_i."""
        targets = (target_of(statement, self.inventory) for statement in self.statements)
        return frozenset(target.base for target in targets if target and target.parameters and target.indices)

    # Statements

    def reading(self) -> Reading:
        """All statements, read one after another."""
        for statement in self.statements:
            self._read(statement)
        stated = [*self._facts_of_blocks(), *self.besides.stated.hypotheses]
        held = without_alternatives(
            held_in(
                self._in_their_places(stated),
                self.elaborator,
                self.definitions.keys() | self.unread.keys() | self.elsewhere,
            )
        )
        declared = {**{name: IndexKind(size) for name, size in self.labels.items()}, **self.kinds}
        derivation = with_functions(
            Derivation(
                tuple(Declaration(name, kind) for name, kind in declared.items()),
                tuple(self.definitions.values()),
                tuple(Assumption(each.condition) for each in held if not each.compares_indices),
                tuple(self.claims),
            ),
            self.inventory,
            lambda name: (self._open(name), ONE) if self.losses else (),
            rows=self.rows,
        )
        derivation = with_constants(derivation, {each.claim: id(each.statement.piece) for each in self.entries})
        derivation, losses = with_unknown_losses(with_layers(derivation))
        derivation, counted = counted_from_one(derivation, [each.condition for each in held], self.inventory.indices)
        for number in counted:
            self._doubt(number, frozenset({COUNTED}))
        for number, names in losses.items():
            self._doubt(number, frozenset({f"{names} {UNTOLD}"}))
        try:
            return self._resolved(derivation, held)
        except Exception:  # a defect of the reader: its claim or definition is found, and left out
            derivation, claims, definitions = without_failures(derivation, self._used)
            self.unread |= definitions
            for place, entry in enumerate(self.entries):
                if entry.claim in claims:
                    self.entries[place] = ReadRelation(entry.statement, "not read", reason=claims[entry.claim])
            return self._resolved(derivation, held)

    def _resolved(self, derivation: Derivation, held: Sequence[Held]) -> Reading:
        """The reading of a derivation, by the shapes of its terms."""
        self.claims[:] = derivation.claims
        shapes = Shapes(derivation, self._matrices(), self._vectors(), self.rows)
        fitting = {id(term) for term, _ in shapes.faults}
        held = [each for each in held if id(each.condition) not in fitting]
        strict = strict_form(shapes, *self._reached(derivation, held))
        entries = tuple(self._judged(shapes))
        read = {each.name for each in derivation.definitions}
        unread = {name: why for name, why in self.unread.items() if name not in read}
        found = Reading(strict, shapes, entries, unread, self.again, self.kinds.keys())
        return replace(found, problems=tuple(self.problems), bars=self.bars, looping=self.looping)

    def _used(self, derivation: Derivation) -> None:
        """Give a derivation its shapes and its strict form, to see whether this fails."""
        shapes = Shapes(derivation, self._matrices(), self._vectors(), self.rows)
        strict_form(shapes, [], [()] * len(derivation.claims))

    def _facts_of_blocks(self) -> Iterable[Hypothesis]:
        """The facts in blocks, which hold from there on."""
        for each in self.besides.block.declared:
            for fact in sorted(each.facts):
                yield Hypothesis(each.name, fact, each.piece, 1 << 60, True, each.line, fact)

    def _reached(
        self, derivation: Derivation, held: Sequence[Held]
    ) -> tuple[list[Condition], list[tuple[Condition, ...]]]:
        """The conditions that reach all claims about their names, and the other ones for each claim."""
        names, anywhere = Names.of(derivation), range(1 << 60)
        for number, (claim, at) in enumerate(zip(self.claims, self.places, strict=True)):
            later = sorted(n for n in names.used_by(claim.left, claim.right) if self.defined_at.get(n, -1) > at)
            self._doubt(number, frozenset(f"{name} is defined after it" for name in later))
        reached = [reaching(held, claim, at, names) for claim, at in zip(self.claims, self.places, strict=True)]
        for number, (here, doubted) in enumerate(reached):
            self._doubt(number, frozenset(f"whether {each.text} holds here" for each in doubted))
            self._beside(number, {each.at for each in here}, names)
        lasting = [replace(each, start=0, end=anywhere.stop) for each in held if each.certain]
        about = [reaching(lasting, claim, 0, names)[0] for claim in self.claims]
        everywhere = {
            id(each.condition)
            for each in held
            if each.certain
            and not each.compares_indices
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

    def _beside(self, number: int, here: Set[int], names: Names) -> None:
        """Enter the doubts about a claim, and the reason why nothing is proved of it, from all that is said besides."""
        claim, place = self.claims[number], self.places[number]
        used = names.used_by(claim.left, claim.right, *claim.conditions)
        sizes = [size for name in used if isinstance(kind := self.kinds.get(name), ValueKind) for size in kind.shape]
        about = {name.split("__")[0] for name in used.union(*map(terms.free_names, sizes))} - self.inventory.indices
        self._doubt(number, frozenset(doubts_of(self.asides, place, about, here, self.kinds.keys())))
        self._doubt(number, frozenset(doubt for name, doubt in self.disputed.items() if name in about))
        bar = bar_of(self.asides, claim, place, names, self.inventory.indices)
        for each in self.besides.stated.declared:
            name = base_of(each.name)
            if name in used & self.distrusted and each.kind is not None:
                self._doubt(number, frozenset({f"whether {name} is what the text says of it"}))
                *_, end = self.besides.stated.bounds.get(each.piece, (1 << 60,))  # of its section
                if not bar and each.piece <= place < end:
                    bar = f"its shapes do not fit what line {each.line} says of {name}"
        if bar:
            self.bars[number] = bar

    def _doubt(self, claim: int, doubts: frozenset[str]) -> None:
        for place, entry in enumerate(self.entries):
            if entry.claim == claim:
                self.entries[place] = replace(entry, rests_on=entry.rests_on | doubts)

    def _judged(self, shapes: Shapes) -> Iterable[ReadRelation]:
        faults = {id(term): message for term, message in shapes.faults}
        lone, names = shapes.with_one_entry() - self._certain(), Names.of(shapes.derivation)
        for entry in self.entries:
            claim = self.claims[entry.claim] if entry.claim is not None else None
            if claim is not None and (one := lone and lone & names.used_by(claim.left, claim.right)):
                doubts = entry.rests_on | {f"whether {min(one)} is an array"}
                yield replace(
                    entry, kind="does not fit", reason=f"{min(one)} would have one entry only", rests_on=doubts
                )
            elif claim is not None and id(claim.left) in faults:
                told = (self.kinds.keys() - self._certain()) & names.used_by(claim.left, claim.right)
                doubts = frozenset(f"whether {name} is here what the text says of it" for name in told)
                yield replace(
                    entry, kind="does not fit", reason=faults[id(claim.left)], rests_on=entry.rests_on | doubts
                )
            else:
                yield entry

    def _certain(self) -> set[str]:
        """The names that blocks declare, as far as they are understood."""
        found = set[str]()
        for name in [each.name for each in self.besides.block.declared]:
            with suppress(NotMeant):
                found.add(base_name(name) if isinstance(name, w.Symbol) else base_in(self.elaborator.term(name)))
        return found

    def _read(self, statement: Statement) -> None:
        target = target_of(statement, self.inventory)
        if target is not None and self.besides.has_defined(target.base, statement):
            target = None
        self.elaborator.used.clear()
        self.elaborator.apart.clear()
        before, count = set(self.again), len(self.definitions)
        part = self._part_of(statement.piece)
        aliases = self._aliases_in(part, self.besides.numbers[id(statement.piece)])
        called = target is not None and self._key_of(target) in self.elaborator.functions
        parameters = target.parameters if target is not None and called else ()
        own = {base_name(each) for each in parameters if isinstance(each, w.Symbol)}
        self.elaborator.aliases = {name: other for name, other in aliases.items() if name not in own}
        self.elaborator.singles = self.singles - own
        self.elaborator.pairs = over_both(filter(None, (statement.head, statement.left, statement.right)))
        role = self.besides.stated.roles.get(self.besides.numbers[id(statement.piece)], "")
        gives = statement.piece.kind == "inline" and statement.relation == "=" and gives_derivative(statement)
        tried = (
            self.tries and gives and role != "denied" and (role in SUPPOSED or is_example(statement, self.inventory))
        )
        try:
            if target is not None and self._defines(target, statement):
                defines = next(reversed(self.definitions), "") if len(self.definitions) > count else ""
                self.entries.append(ReadRelation(statement, "definition", defines=defines))
                return
            if statement.piece.kind == "inline":
                claims = tried or (role == "claimed" and statement.relation == "=")
                renews = target is not None and self._renews(target, statement)
                if not (renews or claims) and (role in SUPPOSED or not says_more(statement, self.inventory)):
                    if role not in SUPPOSED[:4]:
                        self.asides.append(Aside(self.besides.numbers[id(statement.piece)], statement))
                    return
                anew = [DEFINED_ANEW] if renews and role == "assumed" else []
                self.elaborator.used.update(["it stands in a sentence", *([MAYBE] if tried else []), *anew])
            if self.tries and id(statement.piece) in self.equivalences and statement.relation in RELATIONS:
                with suppress(NotMeant):
                    self.elaborator.used.add(MAYBE)
                    self._claimed(replace(statement, number=0, head=None))
                    return
            if id(statement.piece) in self.equivalences or is_update(statement):
                self.entries.append(ReadRelation(statement, "hypothesis"))
                return
            if statement.relation in (":=", "<-", "->", "<->", ":", "=:", "in", "∼"):
                self.entries.append(ReadRelation(statement, "definition"))
                return
            if statement.relation not in RELATIONS:
                raise NotMeant(f"the relation {statement.relation}", statement.place)
            self._claimed(statement)
        except (NotMeant, RecursionError) as error:
            if tried:
                return
            renewed = self.again.keys() - before
            self.entries.append(ReadRelation(statement, "not read", reason=str(error), renewed=frozenset(renewed)))
        except Exception as error:  # a defect of the reader costs this statement, not the document
            self.entries.append(ReadRelation(statement, "not read", reason=failure(error)))

    def _part_of(self, piece: Piece) -> int:
        return self.scopes.parts.get(id(piece), 0)

    def _aliases_in(self, part: int, number: int) -> dict[str, str]:
        """The other names that letters have in a part, at a piece."""
        names, others = self.scopes.names.get(part, {}), self.aliases.get(part, {})
        if self.lettered:
            names = {name: other for name, other in names.items() if not self.inventory.has_entries(name)}
        blocks = self.later.get(max((each for each in self.later if each <= number), default=-1), {})
        return {**self.capitals, **names, **others, **self.moved.get(part, {}), **blocks}

    def _in_their_places(self, hypotheses: Iterable[Hypothesis]) -> Iterable[Hypothesis]:
        """Hypotheses, each of which is read with the names that letters have at its piece."""
        parts = {
            self.besides.numbers[id(each.piece)]: self.scopes.parts.get(id(each.piece), 0) for each in self.statements
        }
        for each in hypotheses:
            before = max((number for number in parts if number <= each.start), default=-1)
            self.elaborator.aliases = self._aliases_in(parts.get(before, 0), each.start)
            yield each

    def _defines(self, target: Target, statement: Statement) -> bool:
        """Make a definition of a statement, if its name has none so far."""
        role = self.besides.stated.roles.get(self.besides.numbers[id(statement.piece)], "")
        if (role in SUPPOSED[:4] and not self._is_example_function(role, target, statement)) or (
            target.base in self.inventory.indices
        ):
            return False
        if uses_target(statement.right, target) or self._is_level(target, statement) or any(orders(statement.right)):
            return False
        full = self._name_of(target)
        if full is None or (full in self.inventory.indices and full not in self.inventory.subscripts):
            return False
        if condition := self._condition_on(target, statement):
            self.unread.setdefault(full, f"it holds for {condition}")
            raise NotMeant(f"a definition for {condition} alone", statement.place)
        line = statement.piece.place_of(statement.place[0])[0]
        is_value = full in self.kinds and not isinstance(statement.right, w.Differentiation)
        is_value |= isinstance(statement.right, w.Numeral)
        if is_value and full not in self.definitions and full in self._all_names():
            return False
        if full in self.definitions and self._is_closed(target, statement.right):
            if alike(self.written.get(full), statement.right):
                return statement.piece.kind == "inline"
            part = self._part_of(statement.piece)
            full = f"{target.base}__line_{line}"
            self.moved.setdefault(part, {})[target.base] = full
        elif alike(self.written.get(full), statement.right) and not letters_of(statement.right):
            return True
        elif full in self.definitions and not statement.number and not gives_value(statement):
            with suppress(NotMeant):
                said = self.elaborator.term(statement.right)
                self._loops(full, target, said)
                if self._is_repeated(full, target, statement.right, said):
                    return False
            self.again[full] = line
        if full in self.definitions or full in self.unread or full in ELEMENTARY:
            return False
        if is_example(statement, self.inventory):
            return False
        try:
            body = self._term(statement.right)
        except NotMeant as error:
            self.unread[full] = str(error)
            raise
        indices = tuple(map(self.elaborator.named, target.indices))
        body = self._with_sums(body, indices)
        bound = tuple((index, self.elaborator.open_size(index)) for index in indices)
        if bound:
            body = terms.Family(bound, body)
            body = Apply("'", (body,)) if self.rows and len(bound) == 1 else body
        letters = [self.elaborator.named(base_name(p)) for p in target.parameters if isinstance(p, w.Symbol)]
        kind = self.kinds.get(full)
        told = kind.arguments if isinstance(kind, FunctionKind) and len(kind.arguments) == len(letters) else ()
        kinds = (
            map(ValueKind, told)
            if told
            else (kind_of_parameter(name, body, self.kinds, self.definitions) for name in letters)
        )
        parameters = tuple(zip(letters, kinds, strict=True))
        if self._key_of(target) not in self.elaborator.functions:
            parameters = ()
        body = of_any_length(body, [name for name, _ in parameters], self.elaborator.ranges)
        if full in Names(self.definitions, {}).used_by(body):
            self.elaborator.used.add(f"{full} and what it is made of define each other")
            self._loops(full, target, body)
            return False
        free = self._free_indices(body) - {name for name, _ in parameters}
        for index in sorted(free):
            self.labels.setdefault(index, self.elaborator.open_size(index))
        self.definitions[full] = Definition(full, body, parameters, line)
        self.defined_at[full] = self.besides.numbers[id(statement.piece)]
        self.written[full], self.targets[full] = statement.right, target.name
        self.said[full] = [(statement.right, _names_in(body))]
        if parameters:
            self.elaborator.functions[full] = tuple(base_name(p) for p in target.parameters if isinstance(p, w.Symbol))
            self.elaborator.latest[self.elaborator.named(target.base)] = full
            if len(parameters) > 1 and all(kind == ValueKind(()) for _, kind in parameters):
                self.elaborator.of_numbers.add(full)
        return True

    def _condition_on(self, target: Target, statement: Statement) -> str:
        """The words that compare the indices of a name in its definition: "for i < j let a_ij be"."""
        place = self.besides.numbers[id(statement.piece)]
        for each in self.besides.stated.hypotheses:
            if each.certain and each.start <= place < each.end and isinstance(each.subject, w.Comparing):
                letters = {getattr(member, "text", "") for member in each.subject.members}
                if len(letters) == 2 and letters <= set(target.indices):
                    return each.text
        return ""

    def _is_repeated(self, full: str, target: Target, right: w.Written, said: Term) -> bool:
        """Whether a display says of a name what the chain of its definition says, in the same words: it is a claim."""
        names = _names_in(said)
        same = any(alike(each, right) and names == others for each, others in self.said.get(full, ()))
        return same and alike(self.targets.get(full), target.name)

    def _loops(self, full: str, target: Target, body: Term) -> None:
        """Enter a letter that is made of itself, but of entries with other letters: z_k of a_j, a_j of z_j."""
        names = Names(self.definitions, {})
        through = {
            part
            for part in terms.every(body)
            if isinstance(part, terms.Entry) and full in names.uses(terms.base_of(part))
        }
        if through and not any(terms.free_names(each) & set(target.indices) for each in through):
            self.looping.add(target.base)

    def _renews(self, target: Target, statement: Statement) -> bool:
        """Whether a sentence says something else of a name than its definition. What it says is then a claim."""
        full = self._name_of(target)
        if full not in self.definitions or alike(self.written.get(full), statement.right) or gives_value(statement):
            return False
        if statement.relation != "=" or is_example(statement, self.inventory):
            return False
        self.again[full] = statement.piece.place_of(statement.place[0])[0]
        return True

    def _is_level(self, target: Target, statement: Statement) -> bool:
        """Whether words set a function equal to a letter that is no parameter, as in the level line f(x, y) = k."""
        right = statement.right
        is_plain = isinstance(right, w.Symbol) and right not in target.parameters
        is_level = statement.piece.kind == "inline" and len(target.parameters) > 1 and is_plain
        return is_level and self._key_of(target) in self.elaborator.functions

    def _is_closed(self, target: Target, right: w.Written) -> bool:
        """Whether a function is made of its parameters alone: f(x) = x^2."""
        names = {base_name(p) for p in target.parameters if isinstance(p, w.Symbol)}
        letters = letters_of(right)
        return bool(names) and letters - ELEMENTARY.keys() - {"e", "pi"} <= names

    def _is_example_function(self, role: str, target: Target, statement: Statement) -> bool:
        """Whether a condition says what a function is: for f(x) = x^2 the derivative is ..."""
        names = {base_name(each) for each in target.parameters if isinstance(each, w.Symbol)}
        uses = bool(names & letters_of(statement.right))
        return role in SUPPOSED[:2] and statement.relation == "=" and uses and self._is_closed(target, statement.right)

    def _key_of(self, target: Target) -> str | None:
        """The name with the subscripts that are parts of it, wherever it stands."""
        lower = target.name.lower if isinstance(target.name, w.Scripted) else None
        with suppress(NotMeant):
            name = with_entries(self.elaborator, target.base, target.base, lower)[0]
            return self.elaborator.with_arity(name, target.base, len(target.parameters))
        return None

    def _name_of(self, target: Target) -> str | None:
        """The name, with the subscripts and superscripts that are parts of it; None for a power of a name."""
        if not isinstance(target.name, w.Scripted | w.Beside):
            name = self.elaborator.named(target.base, alone=True)
            return self.elaborator.with_arity(name, target.base, len(target.parameters))
        found = self.elaborator.term(target.name)
        base = found.base if isinstance(found, terms.Entry) else found
        if isinstance(base, terms.Call) and target.parameters:
            return base.function  # s_i(x), where s without arguments would be s(x)
        return base.text if isinstance(base, Name) else None

    def _term(self, side: w.Written) -> Term:
        found = self.elaborator.term(side)
        if terms.depth(found) > MOST_DEPTH:
            raise NotMeant("it is nested too deeply", side.place)
        return found

    def _claimed(self, statement: Statement) -> None:
        self.elaborator.outer = outer_letters(statement.head or statement.left)
        left, right, is_rounded = self._sides(statement)
        for full in (name for name, target in self.targets.items() if target is statement.head):
            self.said[full].append((statement.right, _names_in(right)))
        if self.inventory.summing:
            head = left if statement.head is None else self.elaborator.term(statement.head)
            calls = (each for part in terms.every(head) if isinstance(part, terms.Call) for each in part.arguments)
            bare = {each.text for each in calls if isinstance(each, Name)} | free_in(head, self._letters)
            left, right = (self._with_sums(side, bare) for side in (left, right))
        conditions = []
        for condition in statement.conditions:
            if any(isinstance(part, w.Dots) for part in all_parts(condition)):
                continue  # i = 1, ..., n
            found = self.elaborator.condition(condition)
            if found is None:
                if not isinstance(condition, w.Words):
                    self.elaborator.used.add("a condition that is not read")
            else:
                conditions.append(found)
        if statement.resumed:
            self.elaborator.used.add("it goes on from the display before")
        if any(letter.startswith(EQUATED) for letter in letters_of(statement.right)):
            self.elaborator.used.add("functions without arguments are equal if their values are")
        if statement.right == w.Numeral(Fraction(0)):
            self.elaborator.used.add("it may be set to zero")
        free = self._free_indices(left, right, *conditions) - self.labels.keys()
        over = tuple((index, self.elaborator.open_size(index)) for index in sorted(free))
        line = statement.piece.place_of(statement.place[0])[0]
        follows = len(self.claims) - 1 if statement.number and self.claims else None
        if is_rounded or follows in self.rounded:  # sides of such a claim are no sides of the chain
            follows = None
        if is_rounded:
            self.rounded.add(len(self.claims))
        self.places.append(self.besides.numbers[id(statement.piece)])
        self.claims.append(Relation(left, RELATIONS[statement.relation], right, over, tuple(conditions), line, follows))
        self.entries.append(
            ReadRelation(statement, "claim", len(self.claims) - 1, rests_on=frozenset(self.elaborator.used))
        )

    def _sides(self, statement: Statement) -> tuple[Term, Term, bool]:
        """The sides of a claim; of one with o(h) a limit, and 0; and whether it is one."""
        sides = statement.left, statement.right
        smaller = [each for side in sides for each in orders(side)] if statement.relation == "=" else []
        if not smaller or any(base_name(sign) in self.kinds for sign in (w.Symbol("o"), w.Symbol("O"))):
            return self._term(sides[0]), self._term(sides[1]), False
        (variable, power), *others = sorted(smaller, key=lambda each: each[1])
        self.elaborator.used |= {LANDAU} if not power else set()
        if any(base_name(other) != base_name(variable) for other, _ in others):
            raise NotMeant("terms that tend to 0 with several variables", statement.place)
        left, right = (ZERO if (kept := without_orders(side)) is None else self._term(kept) for side in sides)
        difference = Apply("-", (left, right))
        return vanishing(self.elaborator, difference, variable, power), Apply("beside", (ZERO, left)), True

    @property
    def _letters(self) -> frozenset[str]:
        return frozenset(map(self.inventory.index_name, self.inventory.indices))

    def _with_sums(self, term: Term, free: Iterable[str]) -> Term:
        """A term with sums over the indices that are repeated, in a document that does not write them."""
        if not self.inventory.summing:
            return term
        found = summed(term, self._letters - self.labels.keys() - frozenset(free), self.elaborator.open_size)
        if found is not term:
            self.elaborator.used.add("repeated indices are summed over")
        return found

    def _free_indices(self, *parts: Term) -> set[str]:
        """Indices that nothing binds."""
        free = frozenset[str]().union(*map(terms.free_names, parts))
        used = {
            name.text
            for part in parts
            for each in terms.every(part)
            for inside in (each.indices if isinstance(each, terms.Entry) else _compared(each))
            for name in terms.every(inside)
            if isinstance(name, Name)
        }
        return {name for name in free & used if name in self._letters and name not in self.definitions}

    # Names

    def _matrices(self) -> frozenset[str]:
        """Capital letters without a subscript that are no sizes, are not differentiated and define no loss."""
        found = set()
        for base in self.inventory.bare:
            letter = base.split("_")[0]
            capital = (len(letter) == 1 and letter.isupper()) or letter in ("Theta", "Sigma", "Phi")
            may_be_loss = base in self.inventory.differentiated or (base in LOSSES and base in self.definitions)
            is_loss = may_be_loss and not self.inventory.bold[base]
            if capital and not is_loss and base not in self.inventory.limits:
                found.add(base)
        decorated = {name for name in self._all_names() if name.split("_")[0] in found}
        return frozenset(found | decorated)

    def _vectors(self) -> frozenset[str]:
        """Small letters that are always bold, or of which a norm is taken."""
        bold = {
            base for base, count in self.inventory.bold.items()
            if base[:1].islower() and count >= self.inventory.bare[base] > 0
        }  # fmt: skip
        every = (part for claim in self.claims for side in (claim.left, claim.right) for part in terms.every(side))
        measured = {_name_in_norm(part) for part in every} - self.definitions.keys()
        return frozenset(bold | {base for base in measured if base[:1].islower()})

    def _all_names(self) -> set[str]:
        read = Derivation(definitions=tuple(self.definitions.values()), claims=tuple(self.claims))
        return {part.text for part in read.parts if isinstance(part, Name)}


def _name_in_norm(term: Term) -> str:
    """The name whose norm a term is."""
    match term:
        case Apply("norm", (Name(text=text),)):
            return text
    return ""


def _names_in(term: Term) -> set[str]:
    return {part.text for part in terms.every(term) if isinstance(part, Name) and not part.text.startswith(OPEN)}


def _compared(term: Term) -> tuple[Term, ...]:
    return (term.left, term.right) if isinstance(term, terms.Comparison) else ()
