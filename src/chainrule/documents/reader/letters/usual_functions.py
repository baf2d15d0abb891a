"""Functions that are called and not defined: the usual ones by their words, and unknown ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from types import MappingProxyType

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Declaration, Definition, Derivation, FunctionKind, ValueKind
from chainrule.documents.language.operators import MADE_BY_SIZE
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.terms import Name, Term
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.syntax.known_words import ELEMENTARY

TEMPLATES = {
    "sigmoid": "(u) := 1 / (1 + exp(-u))",
    "softplus": "(u) := log(1 + exp(u))",
    "softmax": "(u : column n_of_u) := [k in n_of_u: exp(u[k]) / sum(j in n_of_u: exp(u[j]))]",
    "normal_cdf": "(u) := (1 + erf(u / sqrt(2))) / 2",
    "normal_pdf": "(u) := exp(-(u^2) / 2) / sqrt(2 * pi)",
    "ce": "(t : column n_of_u, u : column n_of_u) := -sum(k in n_of_u: t[k] * log(u[k]))",
}
"""Functions that documents call by these words without a definition."""

LOGISTIC = ("sigma", "varsigma")
"""Letters that mostly mean the logistic function where nothing says what they are."""


def with_functions(
    derivation: Derivation,
    inventory: Inventory,
    column: Callable[[str], tuple[Term, ...]],
    *,
    columns: bool = False,
    rows: bool = False,
    said: Mapping[str, Set[str]] = MappingProxyType({}),
) -> Derivation:
    """The derivation with the functions that it calls and does not define, and with its losses declared as numbers.

    Parameters
    ----------
    derivation : Derivation
    inventory : Inventory
    column : callable
        The shape of a column that is an argument of an unknown function, by its name.
    columns : bool
        True if all arguments of unknown functions are columns.
    rows : bool
        True if vectors are rows.
    said : mapping
        By letter: the templates of the functions that the text says it is; nothing for anything else that it says.
    """
    one_normal = sum("normal_cdf" in every for every in said.values()) == 1
    usual = {
        letter: "normal_pdf" if every == {"density"} and one_normal else next(iter(every))
        for letter, every in said.items()
        if len(every) == 1 and inventory.bare[letter] - inventory.mentioned[letter] == len(inventory.called[letter])
    }
    called = {part.function: len(part.arguments) for part in derivation.parts if isinstance(part, terms.Call)}
    defined = {each.name for each in derivation.definitions}
    names = {part.text for part in derivation.parts if isinstance(part, Name)} - defined
    told = {each.name for each in derivation.declarations}
    made = [Declaration(name, ValueKind(())) for name in sorted(names - told) if is_loss(name, inventory)]
    templates, supposed = [], dict[str, Definition]()
    known = {
        each.name
        for each in derivation.declarations
        if not isinstance(each.kind, FunctionKind) or (each.kind.arguments and each.name in called)
    }
    for name, count in called.items():
        template = usual.get(letter_of(name), name.lower())
        if template in TEMPLATES and name not in defined:
            text = TEMPLATES[template]
            if rows:
                text = text.replace("column", "row").replace("]))]", "]))]'")
            templates.append(derivation_of(f"{name}{text}").definitions[0])
        elif name not in {*defined, *ELEMENTARY.values(), *MADE_BY_SIZE, *known}:
            shape = column(name) if columns else ()
            arguments = (shape,) * count if count == 1 or columns else _shapes_of(derivation, name, column(name))
            made.append(Declaration(name, FunctionKind(arguments, ())))
            if count == 1 and not shape and name not in told and letter_of(name) in LOGISTIC:
                logistic = derivation_of(f"{name}{TEMPLATES['sigmoid']}").definitions[0]
                supposed[f"{name} is the logistic function"] = logistic
    return replace(
        derivation,
        supposed=supposed,
        declarations=(*(each for each in derivation.declarations if each.name in known), *made),
        definitions=(*templates, *derivation.definitions),
    )


def _shapes_of(derivation: Derivation, name: str, column: tuple[Term, ...]) -> tuple[tuple[Term, ...], ...]:
    """The shapes of the arguments of a function: columns where one of several vectors stands in some call."""
    calls = (part.arguments for part in derivation.parts if isinstance(part, terms.Call) and part.function == name)
    return tuple(column if any(map(_is_member, each)) else () for each in zip(*calls, strict=False))


def _is_member(term: Term) -> bool:
    return isinstance(term, terms.Apply) and term.operator == "member"


def is_loss(name: str, inventory: Inventory) -> bool:
    """Whether a name is differentiated, and nothing by it: a capital letter or a word without indices."""
    base = letter_of(name)
    named = (len(base) == 1 and base.isupper()) or (len(base) > 2 and base in inventory.words)
    plain = not inventory.subscripts[base] and base not in inventory.by and base not in inventory.limits
    return named and plain and base in inventory.differentiated
