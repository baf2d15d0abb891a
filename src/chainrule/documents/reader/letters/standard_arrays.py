"""The arrays that documents use without a definition: I, a bold 1 and 0, and the unit vectors e_i.

Each is meant where nothing else defines or declares its letter. That is told as a doubt, unless the text speaks of an
identity: no relation is wrong for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from chainrule.documents.language.derivation import Kind, ValueKind
from chainrule.documents.language.terms import ONE, Apply, Call, Entry, Term
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import base_name, items_of
from chainrule.documents.reader.syntax.written import Written

FULL_COLUMNS = {"0": "zeros", "1": "ones"}
FONTS = ("bold", "blackboard")


def standing_for_themselves(
    inventory: Inventory, defined: Set[str], kinds: Mapping[str, Kind], units: bool
) -> dict[str, tuple[Term, ...]]:
    """The letters of standard arrays in a document, with the shapes that it states for them.

    e is one only if `units` says that its indices number unit vectors. I and e are none if a kind is stated for them.
    """
    letters = {"I"} if not inventory.called["I"] else set()
    letters = (letters | ({"e"} if units else set())) - kinds.keys() - inventory.declared.keys()
    found = ({"0", "1"} | letters) - defined - inventory.by.keys()
    return {name: kind.shape if isinstance(kind := kinds.get(name), ValueKind) else () for name in found}


def standard_array(meanings: Meanings, base: w.Symbol, lower: Written | None) -> Term | None:
    """The array that a letter with a subscript stands for, if it is a standard one."""
    name = base_name(base)
    if name not in meanings.standing or (name in FULL_COLUMNS and base.font not in FONTS):
        return None
    items = items_of(lower)
    if isinstance(lower, w.Beside) and lower.joints == ("x",):
        items = lower.parts[:1]  # I_{n x n}
    index = meanings.inventory.is_index
    stated = meanings.standing[name]
    size = stated[0] if stated else meanings.open_size(name)
    found: Term | None = None
    if name == "e":
        found = Call("unit", (meanings.index(items[0]), size)) if len(items) == 1 else None
    elif name == "I" and len(items) == 2 and all(map(index, items)):
        found = Entry(Call("eye", (size,)), tuple(map(meanings.index, items)))
    elif not items and name in FULL_COLUMNS and len(stated) == 2 and ONE not in stated:
        rows, columns = (Call(FULL_COLUMNS[name], (each,)) for each in stated)
        return Apply("@", (rows, Apply("'", (columns,))))
    elif not items:
        found = Call(FULL_COLUMNS.get(name, "eye"), (size,))
    elif len(items) == 1 and _is_size(meanings, items[0], often=name == "I"):
        found = Call(FULL_COLUMNS.get(name, "eye"), (meanings.term(items[0]),))
    if found is not None and not (name == "I" and "identit" in meanings.inventory.prose):
        meanings.used.add(f"{name} is {_TOLD[name]}")
    return found


# What follows is private.


def _is_size(meanings: Meanings, item: Written, often: bool) -> bool:
    """Whether a subscript is a size; `often` where every letter is one that no sum runs over."""
    if not isinstance(item, w.Symbol):
        return not meanings.inventory.is_index(item) or isinstance(item, w.Numeral)
    name, inventory = base_name(item), meanings.inventory
    declared = inventory.declared.get(name) == -1 and name not in meanings.ranges
    return declared or name in inventory.limits or name.isupper() or (often and name not in inventory.bound)


_TOLD = {"0": "a column of zeros", "1": "a column of ones", "I": "an identity matrix", "e": "a unit vector"}
