"""Subscripts and superscripts: parts of names, indices of entries, and transposes."""

from __future__ import annotations

from chainrule.documents.language.terms import Term
from chainrule.documents.reader.letters.inventory import LAYER_LETTERS
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import TRANSPOSES, NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, items_of, letters_of
from chainrule.documents.reader.syntax.written import Written


def axis_of_slice(lower: Written | None) -> int | None:
    """The axis of the index in w_{j:} and w_{:j}."""
    items = [isinstance(item, w.Symbol) and item.text == ":" for item in items_of(lower)]
    return items.index(False) if sorted(items) == [False, True] else None


def with_entries(
    meanings: Meanings, name: str, base: str, lower: Written | None, bold: bool = False
) -> tuple[str, tuple[Term, ...]]:
    """The name with the subscripts that are parts of it, and those that choose entries."""
    entries = list[Term]()
    chooses = meanings.inventory.has_entries(base) and meanings.inventory.is_counted(base) and not bold
    chooses = chooses and base not in meanings.inventory.in_layers
    items = [item for item in items_of(lower) if item != w.Symbol(":")]
    letters = [item.text for item in items if isinstance(item, w.Symbol) and not item.accents]
    if len(items) == meanings.inventory.declared.get(name, meanings.inventory.declared.get(base, 0)) > 1:
        return name, tuple(map(meanings.index, items))
    if len(letters) == len(items) > 2 and not all(map(meanings.inventory.is_index, items)):
        return f"{name}_{''.join(letters)}", ()  # a word
    if items and meanings.inventory.is_numbered(base):
        first, *items = items
        name += f"_{label(first)}"
    for item in items:
        is_number = not letters_of(item)
        is_zero = is_number and isinstance(item, w.Numeral) and not item.value
        is_before_first = is_zero and base not in meanings.inventory.from_zero  # other indices count from 1
        is_letter = isinstance(item, w.Symbol) and item.text in meanings.inventory.indices
        longer = f"{name}_{label(item)}" if _is_label(item) and not is_letter else ""
        if longer in meanings.inventory.declared:
            name = longer
        elif meanings.inventory.is_index(item) and not is_before_first and (chooses or not is_number):
            entries.append(meanings.index(item))
        else:
            name += f"_{label(item)}"
    if entries and meanings.lettered >= set(letters) and len(letters) == len(items) and base not in meanings.functions:
        name = f"{name}__of_{''.join(letters)}"
    return name, tuple(entries)


def _is_label(item: Written) -> bool:
    return isinstance(item, w.Symbol | w.Words) or (isinstance(item, w.Numeral) and item.value.denominator == 1)


def label(item: Written) -> str:
    """A subscript or superscript as a part of a name."""
    match item:
        case w.Numeral(value=value) if value.denominator == 1:
            return str(value)
        case w.Symbol():
            return base_name(item)
        case w.Words(text=text) | w.NotRead(what=text) if text.replace("\\", "").replace(" ", "").isalnum():
            return "_".join(text.strip("\\").split())
        case w.Bracketed(items=(inside,)):
            return label(inside)
        case w.Signed(terms=parts, signs=signs):
            words = {1: "plus", -1: "minus", 0: "or"}
            told = [f"{words[sign]}_{label(part)}" for part, sign in zip(parts, signs, strict=True)]
            return "_".join(told).removeprefix("plus_")
        case w.Beside(parts=parts):
            return "".join(label(part) for part in parts)
        case w.Scripted(base=base, lower=lower, upper=None) if lower is not None:
            return f"{label(base)}{label(lower)}"
    raise NotMeant("a subscript that is not read", item.place)


def with_upper(meanings: Meanings, name: str, upper: Written | None) -> tuple[str, tuple[Term, ...], Written | None]:
    """The name with a superscript that is part of it, or an index of examples, or what is left of it."""
    match upper:
        case w.Bracketed(kind="(" | "[", items=(inside,)):
            if isinstance(inside, w.Symbol) and inside.text in meanings.inventory.bound - LAYER_LETTERS:
                return name, (meanings.index(inside),), None
            return f"{name}__{label(inside)}", (), None
        case w.Symbol(text=text) if text in meanings.layers or text in ("*", "ast", "star"):
            return f"{name}__{base_name(upper)}", (), None
        case w.Signed() | w.Numeral() if any(
            isinstance(part, w.Symbol) and part.text in meanings.layers for part in all_parts(upper)
        ):
            return f"{name}__{label(upper)}", (), None
        case w.Beside(parts=(first, *others)) | w.Listed(items=(first, *others)) if (
            others and not any(getattr(upper, "joints", ()))  # (1 + y)/2 is an exponent
        ):
            longer, entries, rest = with_upper(meanings, name, first)
            if rest is None:
                left = others[0] if len(others) == 1 else w.Listed(tuple(others), place=upper.place)
                longer, more, rest = with_upper(meanings, longer, left)
                return longer, (*entries, *more), rest
    return name, (), upper


def is_transpose(meanings: Meanings, upper: Written) -> bool:
    """Whether a superscript transposes here, and is no index and no declared number."""
    inventory, text = meanings.inventory, getattr(upper, "text", "")
    is_letter = text == "t" and bool(inventory.bare["t"] or inventory.subscripts["t"])  # y^t beside log t
    axes = inventory.declared.get(text)
    is_number = text in inventory.by if axes is None else axes < 1  # no array is an exponent
    return turns(upper) and not is_number and not is_letter


def turns(item: Written) -> bool:
    """Whether a superscript is a sign of a transpose."""
    return isinstance(item, w.Symbol) and item.text in TRANSPOSES
