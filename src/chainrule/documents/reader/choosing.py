"""The hypotheses about a document with which the most of it fits, found one after another.

A hypothesis is about the whole document, or about a part of it: gradients are rows, vectors are rows, a letter is
something else in a section. It is judged by the shapes alone, never by whether a step comes true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chainrule.documents.language.derivation import FunctionKind, Kind, ValueKind
from chainrule.documents.language.terms import free_names
from chainrule.documents.reader import letters_by_part
from chainrule.documents.reader.declaring.declarations import base_of, sizes_said
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.suffixed_names import EACH, letter_of
from chainrule.documents.reader.letters_by_part import MOST_SECTIONS, NamesByPart
from chainrule.documents.reader.prepared import Prepared
from chainrule.documents.reader.structure.targets import target_of, uses_target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import MAYBE
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, letters_of
from chainrule.documents.reader.translation.spread_biases import biases_in
from chainrule.documents.reader.trials import Trials, misfits

LAYOUTS_OF_DERIVATIVES = ("columns", "rows", "transposed")


def choose(prepared: Prepared) -> tuple[Reading, dict[str, Any]]:
    """The reading under which the most relations of a document fit, and the hypotheses: options of `DocumentState`."""
    search = _Search(prepared)
    search.try_layers()
    search.try_same_sizes()
    search.try_numbers()
    search.try_parts_without_indices()
    search.keep_if_better(search.with_names(letters_by_part.other_shapes(prepared, search.trials, search.chosen)))
    for _ in range(2):
        search.try_conventions()
        search.try_numbers()
        search.try_spread()
        search.try_rows()
        search.try_kinds()
        search.try_members()
        search.try_numbered()
        search.try_parts_in_doubt()
    for group in letters_by_part.unsaid(prepared):
        search.keep_if_better(search.with_names(group))
    search.give_up_single_numbers()
    search.try_turned_vectors()
    search.give_up_names()
    search.try_assumptions()
    return search.best, search.chosen


# What follows is private.


@dataclass(eq=False)
class _Search:
    """The best reading so far, its hypotheses, and the names of letters in parts that are kept in any case."""

    prepared: Prepared
    trials: Trials = field(init=False)
    best: Reading = field(init=False)
    chosen: dict[str, Any] = field(init=False)
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        layout = self.prepared.around.layout
        self.chosen = dict[str, Any](layout=layout, layout_told=layout)
        prepared = self.prepared
        self.trials = Trials((prepared.inventory, prepared.statements, prepared.besides, prepared.scopes))
        self.best = self.trials.under(self.chosen)

    def keep_if_better(self, option: dict[str, Any], spare: int = 0) -> None:
        """Keep a further hypothesis if more fits with it, or no more than some less."""
        self.best, self.chosen = self.trials.better(self.best, self.chosen, option, spare)

    def keep(self, found: Reading, option: dict[str, Any]) -> None:
        """Keep a further hypothesis, with its reading."""
        self.best, self.chosen = found, self.chosen | option

    def with_names(self, group: NamesByPart) -> dict[str, Any]:
        """The hypothesis of further names of letters in parts."""
        known = self.chosen.get("aliases", {})
        return {"aliases": {part: known.get(part, {}) | group.get(part, {}) for part in known.keys() | group.keys()}}

    def _with_letter(self, kind: str, letter: str) -> dict[str, Any]:
        """The hypothesis that one more letter is of a kind."""
        return {kind: self.chosen.get(kind, frozenset()) | {letter}}

    def try_layers(self) -> None:
        """Letters of indices may name layers."""
        lettered = {"lettered": frozenset(_letters_of_layers(self.best, self.prepared.inventory))}
        if lettered["lettered"]:
            found = self.trials.under(self.chosen | lettered)
            if not found.looping and misfits(found) <= misfits(self.best):
                self.keep(found, lettered)

    def try_same_sizes(self) -> None:
        """Two sizes may be one everywhere: "self-attention, so n = m"."""
        prepared = self.prepared
        declared = (*prepared.besides.block.declared, *prepared.besides.stated.declared)
        kinds = [each.kind for each in declared if each.kind is not None]
        sizes = {name for kind in kinds for size in sizes_said(kind) for name in free_names(size)}
        for each in prepared.statements:
            match each.left, each.right:
                case w.Symbol(text=one), w.Symbol(text=other) if each.relation == "=" and one != other:
                    if {one, other} <= sizes:
                        self.keep_if_better({"same_sizes": self.chosen.get("same_sizes", frozenset()) | {(one, other)}})

    @cached_property
    def added(self) -> set[str]:
        """The letters that never have scripts and are added to entries: c in x_i + c."""
        sides = (side for each in self.prepared.statements for side in (each.left, each.right))
        sums = [part.terms for side in sides for part in all_parts(side) if isinstance(part, w.Signed)]
        to_entries = (each for each in sums if any(isinstance(term, w.Scripted) and term.lower for term in each))
        letters = {base_name(term) for each in to_entries for term in each if isinstance(term, w.Symbol)}
        inventory = self.prepared.inventory
        return {each for each in letters if not (inventory.subscripts.get(each) or inventory.superscripts.get(each))}

    def try_numbers(self) -> None:
        """Letters that are added to vectors and to their entries may be numbers."""
        several, _ = letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)
        for letter in sorted(several & self.added):
            self.keep_if_better(self._with_letter("numbers", letter))

    def try_members(self) -> None:
        """Letters with one index may be vectors: x_i and z_i in z_i = W x_i, all of them at once, then not each."""
        inventory = self.prepared.inventory
        several, _ = letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)
        found = {each for each in several if inventory.has_entries(each) and not inventory.vectors[each]}
        found = {each for each in found if {len(items) for items in inventory.distinct_subscripts(each)} == {1}}
        totals = ((each.left, each.right) for each in self.prepared.statements)  # L = sum_t L_t
        own = {
            base_name(one) for one, every in totals if isinstance(one, w.Symbol) and base_name(one) in letters_of(every)
        }
        before, single = self.chosen, frozenset(found & own)
        self.keep_if_better({"flipped": self.chosen.get("flipped", frozenset()) | found})
        if single and self.chosen is before:
            found -= single
            ways = {"flipped": frozenset(found), "singles": frozenset(filter(inventory.may_be_single, single))}
            more = {way: self.chosen.get(way, frozenset()) | letters for way, letters in ways.items()}
            self.keep_if_better({**more, "lone": frozenset()})
        for letter in sorted(found if self.chosen is not before else ()):
            self.keep_if_better({"flipped": self.chosen["flipped"] - {letter}}, spare=1)

    def try_numbered(self) -> None:
        """Capitals that a formula defines for each number may be several matrices: D_t = diag(1 - h_t^2)."""
        inventory = self.prepared.inventory
        several, _ = letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)
        told = ((each.right, target_of(each, inventory)) for each in self.prepared.statements)
        targets = (one for right, one in told if one is not None and not (one.parameters or uses_target(right, one)))
        defined = {each.base for each in targets if len(each.indices) == 1}
        several &= {each for each in defined if each[:1].isupper() and not inventory.bare[each]}
        several = {each for each in several if {len(items) for items in inventory.distinct_subscripts(each)} == {1}}
        known = self.chosen.get("by_number", frozenset())
        for letters in (several, *({each} for each in sorted(several))) if several else ():
            self.keep_if_better({"by_number": known | letters})

    def try_spread(self) -> None:
        """Biases may be added to each row, or to each column, of matrices: Z = X W + b."""
        sides = (side for each in self.prepared.statements for side in (each.left, each.right))
        known = self.chosen.get("spread", {})
        for letter in sorted(biases_in(sides) - known.keys()):
            for along in ("rows", "columns"):
                self.keep_if_better({"spread": {**self.chosen.get("spread", {}), letter: along}})

    def try_rows(self) -> None:
        """Matrices of which nothing is said may have one row: W in z = W x + b, if z is a number."""
        several, _ = letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)
        shapes = self.best.shapes
        for name in sorted(shapes.guessed):
            if name in shapes.matrices and letter_of(name) in several:
                self.keep_if_better(self._with_letter("one_row", name))

    def try_parts_without_indices(self) -> None:
        """Letters without indices may be something else than those with indices in other parts."""
        for group in letters_by_part.bare_where_others_have_indices(self.prepared):
            option = self.with_names(group)
            found = self.trials.under(self.chosen | option)
            more = misfits(self.best) - misfits(found)
            is_apart = more >= 0 and letters_by_part.is_apart(found, self.prepared.scopes, group)
            if more > 0 or is_apart:
                self.keep(found, option)
                self.kept |= {name for names in group.values() for name in names.values() if is_apart}

    def try_conventions(self) -> None:
        """The whole document may lay derivatives out in a way of its own, and may have rows, losses and units."""
        layout = self.prepared.around.layout
        options: list[dict[str, Any]] = [{"layout": each} for each in (() if layout else LAYOUTS_OF_DERIVATIVES)]
        for option in (*options, {"rows": True}, {"losses": True}, {"units": True}):
            self.keep_if_better(option)
        for name in ("layout", "rows", "losses", "units"):  # the work of one may be done by another
            if self.chosen.get(name):
                self.keep_if_better({name: layout if name == "layout" else False}, spare=1)

    def try_kinds(self) -> None:
        """Letters in relations that do not fit may be something else than sentences seem to say."""
        prepared, inventory = self.prepared, self.prepared.inventory
        kinds = {base_of(each.name): each.kind for each in prepared.besides.stated.declared}
        mapping = {name for name, kind in kinds.items() if isinstance(kind, FunctionKind) and kind.arguments}
        declared = prepared.besides.stated.declared
        said = {base_of(each.name) for each in declared if not isinstance(each.kind, FunctionKind)}
        several, _ = letters_by_part.in_doubt(self.best, prepared.scopes.parts)
        distrusted = self.chosen.get("distrusted", frozenset()) | _mostly_unfit(self.best, several & said)
        self.keep_if_better({"distrusted": distrusted})
        plain = several - prepared.besides.block.names - mapping
        self.keep_if_better({"singles": frozenset(() if inventory.summing else filter(inventory.may_be_single, plain))})
        vectors = {base_of(each.name) for each in declared if _has_index(each.name) and _is_array(each.kind)}
        for letter in sorted(each for each in several if inventory.vectors[each] > 0):
            if letter not in vectors:
                self.keep_if_better(self._with_letter("lone", letter))
            if inventory.bare[letter]:
                self.keep_if_better(self._with_letter("apart", letter))
        for letter in sorted(several - vectors):
            if letter + EACH in self.best.shapes.names and letter not in inventory.numbered_above:
                self.keep_if_better(self._with_letter("flipped", letter))

    def try_parts_in_doubt(self) -> None:
        """Letters in relations that do not fit may be something else in one part, then in a further one."""
        for _ in range(MOST_SECTIONS):
            tried = [(self.best, self.chosen)]
            for part, names in letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)[1].items():
                tried.append(self.trials.better(self.best, self.chosen, self.with_names({part: names})))
            if min(misfits(each) for each, _ in tried) == misfits(self.best):
                break
            self.best, self.chosen = min(tried, key=lambda each: misfits(each[0]))

    def give_up_single_numbers(self) -> None:
        """Letters need not be single numbers if as much fits without this."""
        for letter in sorted(self.chosen.get("singles", ())):
            self.keep_if_better({"singles": self.chosen["singles"] - {letter}}, spare=1)

    def try_turned_vectors(self) -> None:
        """Vectors may be rows where a matrix would have to be square, or where a declared one would not fit."""
        vectors = self.prepared.inventory.vectors
        matrices = {each for name in _square(self.best) for each in (letter_of(name), letter_of(name).lower())}
        for letter in sorted(each for each in matrices if each in vectors):
            option = self._with_letter("turned", letter)
            found = self.trials.under(self.chosen | option)
            if misfits(found) <= misfits(self.best) and _square(found) < _square(self.best):
                self.keep(found, option)
        several, _ = letters_by_part.in_doubt(self.best, self.prepared.scopes.parts)
        for letter in sorted(several & self.prepared.besides.block.matrices):
            self.keep_if_better(self._with_letter("turned", letter))

    def give_up_names(self) -> None:
        """Letters need no names of their own in a part if as much fits without them, and may be what sentences say."""
        for name in sorted(self.chosen.get("distrusted", ())):
            self.keep_if_better({"distrusted": self.chosen["distrusted"] - {name}}, spare=1)
        for section, names in sorted(self.chosen.get("aliases", {}).items()):
            for name in sorted(names):
                if names[name] not in self.kept:
                    aliases = self.chosen["aliases"]
                    fewer = {key: value for key, value in aliases[section].items() if key != name}
                    self.keep_if_better({"aliases": aliases | {section: fewer}}, spare=1)

    def try_assumptions(self) -> None:
        """Sentences may assume something, which decides no shapes."""
        unfit = frozenset[tuple[int, tuple[int, int]]]()
        for _ in range(2):
            option = {"tries": True, "untried": unfit}
            found = self.trials.under(self.chosen | option)
            if misfits(found) <= misfits(self.best):
                self.keep(found, option)
                break
            maybe = (each for each in found.entries if each.kind == "does not fit" and MAYBE in each.rests_on)
            unfit = frozenset(each.statement.key for each in maybe)


def _has_index(name: w.Written) -> bool:
    """Whether a name has a subscript, as x_i in "x_i is a vector"."""
    return isinstance(name, w.Scripted) and name.lower is not None


def _is_array(kind: Kind | None) -> bool:
    return isinstance(kind, ValueKind) and bool(kind.shape)


def _letters_of_layers(reading: Reading, inventory: Inventory) -> set[str]:
    """The letters of indices by which letters differ whose definitions would else lead to themselves.

    z_k is made of a_j, and a_j of z_j: then j and k name layers. An entry with a number would be of no layer.
    """
    lists = [items for base in reading.looping for items in inventory.subscripts[base]]
    plain = all(isinstance(item, w.Symbol) and inventory.is_index(item) for items in lists for item in items)
    found = {items[0].text for items in lists if len(items) == 1 and isinstance(items[0], w.Symbol)}
    return found if plain and len(found) > 1 else set()


def _mostly_unfit(reading: Reading, names: Set[str]) -> frozenset[str]:
    """The names, among some, with which more relations do not fit than fit: these may be what the text does not say.

    So one step that is wrong changes no name that the text declares.
    """
    unfit = Counter[str]()
    for entry in reading.entries:
        sides = entry.statement.left, entry.statement.right
        for name in names & frozenset[str]().union(*map(letters_of, sides)):
            unfit[name] += {"does not fit": 1, "claim": -1, "definition": -1}.get(entry.kind, 0)
    return frozenset(name for name in names if unfit[name] > 0)


def _square(reading: Reading) -> set[str]:
    """The matrices whose sides have one length, which nobody says."""
    found = set[str]()
    kinds = {each.name: each.kind for each in reading.shapes.derivation.declarations}
    for name, shape in reading.shapes.names.items():
        dims, kind = shape.known or (), kinds.get(name)
        said = isinstance(kind, ValueKind) and len(set(kind.shape)) == 1
        if len(dims) == 2 and dims[0].final == dims[1].final and not said:
            found.add(name)
    return found
