"""Functions at arguments in brackets, and the names of values that are written with arguments."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

from chainrule.documents.language import terms
from chainrule.documents.language.rule_functions import rule_function
from chainrule.documents.language.terms import Apply, Call, Entry, Name, Term
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.letters.scripts import with_entries, with_upper
from chainrule.documents.reader.letters.suffixed_names import GIVEN, letter_of
from chainrule.documents.reader.letters.usual_functions import LOGISTIC
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import (
    ELEMENTARY,
    INDICATORS,
    IS_A_VALUE,
    IS_OF_THESE,
    OF_ARRAYS,
    SUBSCRIPT_LEFT_OUT,
    NotMeant,
)
from chainrule.documents.reader.syntax.parts_written import all_parts, arguments_of, base_name, is_event, letters_of
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation.implied_sums import used
from chainrule.documents.reader.translation.indicators import indicating
from chainrule.documents.reader.translation.reach_of_sums import stands_bare, uses
from chainrule.documents.reader.translation.scripted_terms import chosen, raised, with_scripts
from chainrule.documents.reader.translation.softmax_of_rows import axis_told, softmax_along


def called(meanings: Meanings, part: Written, head: w.Symbol | w.Numeral, after: Any) -> Term | None:
    """A function at arguments in brackets; None if this is a product."""
    bracket = after.base if isinstance(after, w.Scripted) else after
    if not isinstance(bracket, w.Bracketed):
        return None
    is_condition = len(bracket.items) == 1 and isinstance(bracket.items[0], w.Comparing)
    text = base_name(head) if isinstance(head, w.Symbol) else str(head.value)
    if is_condition and text in INDICATORS and not isinstance(part, w.Scripted):
        found: Term = indicating(meanings, bracket.items[0])
    elif isinstance(head, w.Numeral) or bracket.kind not in ("(", "[", "{"):
        return None
    else:
        applied = _applied(meanings, part, head, bracket)
        if applied is None:
            return None
        found = applied
    return with_scripts(meanings, found, after) if isinstance(after, w.Scripted) else found


def power_of_function(meanings: Meanings, found: Term, upper: Written) -> Term:
    """A power of a value, written at its function: \\sin^2 x. An inverse function is not read.

    Raises
    ------
    NotMeant
    """
    match upper:
        case w.Signed(signs=(-1,)):
            raise NotMeant("the inverse of a function", upper.place)
    return raised(meanings, found, upper)


def in_base(meanings: Meanings, found: Term, name: str, lower: Written | None) -> Term:
    """A logarithm to another base."""
    if lower is None:
        return found
    if name != "log":
        raise NotMeant(f"{name} with a subscript", lower.place)
    return Apply("over", (found, Apply("log", (meanings.term(lower),))))


# What follows is private.


def _derived(meanings: Meanings, value: Term, items: Sequence[Written], primes: int, bracket: w.Bracketed) -> Term:
    """The derivative of a value by the letter that stands in brackets behind it: g'_a(z), where g_a is made of z."""
    if len(items) != 1 or not isinstance(items[0], w.Symbol):
        raise NotMeant("a derivative at something", bracket.place)
    by = Name(meanings.named(base_name(items[0]), alone=True))
    for _ in range(primes):
        value = terms.Slope("written", value, by)
    return value


def _applied(meanings: Meanings, part: Written, head: w.Symbol, bracket: w.Bracketed) -> Term | None:
    name, upper, lower, primes = base_name(head), None, None, 0
    if isinstance(part, w.Scripted):
        upper, lower, primes = part.upper, part.lower, part.primes
    if name in ("max", "min"):
        return Apply(name, tuple(meanings.term(item) for item in bracket.items))
    if name in OF_ARRAYS:
        operator, count = OF_ARRAYS[name]
        if len(bracket.items) != count:
            raise NotMeant(f"{name} with {len(bracket.items)} arguments", bracket.place)
        if any(isinstance(each, w.Beside) and "*" in each.joints for each in all_parts(bracket)):
            raise NotMeant("a product with * in code, which may be one of entries", bracket.place)
        return Apply(operator, tuple(meanings.term(item) for item in bracket.items))
    if meanings.named(name) in meanings.rules and part is head:
        return _of_rule(meanings, *meanings.rules[meanings.named(name)], bracket)
    elementary = ELEMENTARY.get(name) if name not in meanings.functions else None
    if elementary == "diag" and len(bracket.items) > 1:  # diag(w_1, ..., w_n) has the entries of a list
        bracket = replace(bracket, items=(replace(bracket, kind="("),), separators=())
    if elementary is not None and len(bracket.items) == 1:
        argument = meanings.term(bracket.items[0])
        if elementary == "diag" and len(free := used(argument, meanings.inventory.indices - meanings.outer)) == 1:
            [index] = free  # diag(w_i) has all w_i
            argument = terms.Family(((index, meanings.open_size(index)),), argument)
            meanings.used.add(f"a diagonal of values with {index} has those for all {index}")
        found: Term = Call(elementary, (argument,), (primes,)) if primes else Apply(elementary, (argument,))
        found = in_base(meanings, found, name, lower)
        return found if upper is None else power_of_function(meanings, found, upper)
    if isinstance(upper, w.Numeral):
        meanings.used.add(f"a power of {name} is that of its value")
    full, entries = with_entries(meanings, name, name, lower)
    full, more, upper = with_upper(meanings, full, upper)
    items = arguments_of(bracket)
    own = meanings.named(name) + full.removeprefix(name)
    meant = own if own in meanings.functions and full not in meanings.aliases else meanings.named(full)
    meant = meanings.with_arity(meant, name, len(items))
    full = meanings.with_arity(full, name, len(items))
    if full == name not in meanings.functions and name in meanings.shortened:
        full = meant = meanings.shortened[name]
        meanings.used.add(f"{name} is {full} {SUBSCRIPT_LEFT_OUT}")
    if is_event(bracket):
        letters = [
            part for part in all_parts(bracket) if isinstance(part, w.Symbol) and meanings.inventory.is_index(part)
        ]
        indices = dict.fromkeys(part.text for part in letters if part.text not in meanings.inventory.differentiated)
        told = tuple(_told(part, indices.keys()) for part in all_parts(bracket))
        number = meanings.events.setdefault((full, *told), len(meanings.events))
        found = Name(f"{full}{GIVEN}{number}")
        _note_example(meanings, found.text, full, bracket, tuple(indices))
        found = chosen(meanings, found, part, (*more, *entries, *(Name(each) for each in indices)))
        return found if upper is None else raised(meanings, found, upper)
    of_layer = name in meanings.functions and full.startswith(f"{name}__")  # g^{[l]} beside g^{[l]}'
    if full not in meanings.functions and not of_layer:
        if w.CALLED in bracket.separators and meanings.named(full) not in meanings.depends:
            return None
        if len(items) == 1 and bracket.kind == "(" and not (more or entries) and _is_summed(meanings, items[0]):
            meanings.used.add(f"{name} of an index is an entry")  # \sum_x p(x)
            found = Entry(Name(meanings.named(full)), (meanings.index(items[0]),))
            return found if upper is None else raised(meanings, found, upper)
        if full not in meanings.values and not meanings.inventory.is_value(name):
            return None
        if full not in meanings.values:
            same = meanings.inventory.has_same_arguments(name)
            meanings.used.add(f"{name}{IS_OF_THESE if same else IS_A_VALUE}")
            letter = letter_of(meanings.named(full))
            meanings.with_arguments.setdefault(letter, set()).update(*map(letters_of, items))
        elif full in meanings.values:
            given = tuple(base_name(item) if isinstance(item, w.Symbol) else "" for item in items)
            known = list(meanings.values[full].values())
            if given not in known and (
                "" in given or any({*given} <= {*each} or len(given) == len(each) for each in known)
            ):
                names = ", ".join(known[0])
                raise NotMeant(f"{name} of other arguments than {names}, of which it is defined", part.place)
        found = chosen(meanings, Name(meanings.named(full)), part, (*more, *entries))
        if primes:
            found = _derived(meanings, found, items, primes, bracket)
        return found if upper is None else raised(meanings, found, upper)
    parameters = meanings.functions.get(meant) or meanings.functions.get(full, ())
    if (parameters or more or entries) and stands_bare(name, bracket):
        return None  # s (1 - s)
    if (
        entries
        and not isinstance(items[0], w.Symbol | w.Scripted)
        and any(isinstance(entry, Name) and uses(items[0], entry.text) for entry in entries)
    ):
        return None  # s_j (u_i - u_j)
    every = (each for each in meanings.inventory.called.get(name, ()) if each.items)
    calls = (each for each in every if isinstance(each.items[0], w.Grid | w.Bracketed))
    columns = (part for each in calls for part in all_parts(each) if isinstance(part, w.Grid))
    counts = {len(each.rows) for each in columns}
    if len(parameters) == 1 and counts == {len(items)} and {*parameters} <= meanings.inventory.written_out:
        items = (replace(bracket, kind="(", items=items),)  # f(a, b) is f at this column
    if parameters and len(parameters) != len(items):
        return None
    is_plain = full.lower() == "softmax" and len(items) == 1 and not (parameters or primes or more or entries)
    if is_plain and (axis := axis_told(meanings.inventory.prose)) is not None:
        found = softmax_along(meanings, meanings.term(items[0]), axis)
        return found if upper is None else raised(meanings, found, upper)
    is_told = name in meanings.of_matrices or name in LOGISTIC
    capitals = {each.text for each in items if isinstance(each, w.Symbol) and each.text[:1].isupper()}
    if not parameters and not is_told and capitals - meanings.inventory.fixed_limits:
        raise NotMeant(f"{name} of a matrix, which is not defined", part.place)
    arguments = tuple(map(meanings.term, items))
    found = Call(meant, arguments, (primes,) if primes and len(arguments) == 1 else ())
    if (entries or more) and name in meanings.indexed:
        found = Entry(found, (*more, *entries))
    elif entries or more:
        if w.CALLED in bracket.separators:
            raise NotMeant(f"a composition of several functions {name}", part.place)
        _of_one_function(meanings, name, (*more, *entries), arguments, part)
    return found if upper is None else power_of_function(meanings, found, upper)


def _note_example(meanings: Meanings, name: str, full: str, bracket: w.Bracketed, indices: tuple[str, ...]) -> None:
    """Enter an event of one example, p(y^{(i)} | x^{(i)}), if there is one of the same letters without its number."""
    items, values = list[Written](), dict[str, Term]()
    for item in bracket.items:
        plain = item
        if isinstance(item, w.Scripted) and isinstance(item.base, w.Symbol) and item.lower is None:
            example = meanings.inventory.example(base_name(item.base), item.upper)
            plain = item.base if isinstance(example, w.Symbol) and example.text in indices else item
        if plain is not item and isinstance(letter := meanings.term(plain), Name):
            values[letter.text] = meanings.term(item)
        items.append(plain)
    key = (full, *(_told(part, frozenset()) for part in all_parts(replace(bracket, items=tuple(items)))))
    if values and key in meanings.events:
        meanings.of_examples[name] = f"{full}{GIVEN}{meanings.events[key]}", indices, values


def _of_one_function(
    meanings: Meanings, name: str, indices: tuple[Term, ...], arguments: Sequence[Term], part: Written
) -> None:
    """Take g_j(z_j) for g(z_j). But g_j(x) and g_k(x) are different things, if g has several indices."""
    letters = frozenset[str]().union(*map(terms.free_names, indices))
    told = bool(letters) and letters <= frozenset[str]().union(*map(terms.free_names, arguments))
    meanings.used.add(f"{name} is one function for all indices")
    seen = meanings.apart.setdefault(name, {})
    seen[indices] = seen.get(indices, True) and told
    if len(seen) > 1 and not all(seen.values()):
        raise NotMeant(f"several functions {name} at one argument", part.place)


def _is_summed(meanings: Meanings, item: Written) -> bool:
    """Whether an argument is a letter over which the document sums."""
    return isinstance(item, w.Symbol) and base_name(item) in meanings.inventory.indices


def _of_rule(meanings: Meanings, rule: str, part: str, bracket: w.Bracketed) -> Term:
    code = rule_function(rule, part)
    labels = [
        isinstance(item, w.Symbol)
        and meanings.inventory.declared.get(base_name(item), 0) < 0
        and code.takes_label(number)
        for number, item in enumerate(bracket.items[: len(code.rule.inputs)])
    ]
    count = code.count(labels) if len(labels) == len(code.rule.inputs) else len(code.rule.inputs)
    if len(bracket.items) != count:
        raise NotMeant(f"{code.name} with {len(bracket.items)} arguments, where it takes {count}", bracket.place)
    return terms.RuleCall(rule, part, tuple(meanings.term(item) for item in bracket.items))


def _told(part: Written, indices: Set[str]) -> str:
    if isinstance(part, w.Symbol):
        return "index" if part.text in indices else base_name(part)
    return str(part.value) if isinstance(part, w.Numeral) else type(part).__name__
