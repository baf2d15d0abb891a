"""Statements that define a name."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from itertools import pairwise

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, FunctionKind, IndexKind, Kind, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Apply, Term
from chainrule.documents.reader.interpretation.any_length import of_any_length, with_length
from chainrule.documents.reader.interpretation.cases_of_definitions import (
    case_of,
    enter_case,
    unread_case,
    unread_condition,
)
from chainrule.documents.reader.interpretation.document_state import SUPPOSED, DocumentState
from chainrule.documents.reader.interpretation.earlier_entries import is_by_steps, recurs
from chainrule.documents.reader.interpretation.entries_at_ends import (
    is_backward,
    is_last,
    is_of_last,
    starts_later,
    with_last,
)
from chainrule.documents.reader.interpretation.layer_definitions import is_derivative_elsewhere
from chainrule.documents.reader.interpretation.parameter_kinds import kind_of_parameter
from chainrule.documents.reader.interpretation.sides import (
    array_of,
    free_indices,
    key_of,
    name_of,
    names_in,
    term_of,
    with_sums,
)
from chainrule.documents.reader.letters.suffixed_names import layer_of, letter_of
from chainrule.documents.reader.prose.stated_words import ANEW, GENERAL
from chainrule.documents.reader.structure.document_parts import name_in
from chainrule.documents.reader.structure.statements import DEFINING, Statement, gives_value, is_example, lists_examples
from chainrule.documents.reader.structure.targets import Target, target_of, uses_target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, SAYS_MORE, SUPPOSES, TRANSPOSES, NotMeant
from chainrule.documents.reader.syntax.parts_written import (
    USUAL_INDICES,
    all_parts,
    base_letter,
    base_name,
    is_closed,
    letters_of,
    rows_written_out,
)
from chainrule.documents.reader.syntax.written import alike
from chainrule.documents.reader.translation.landau_terms import orders


def is_value_in_example(state: DocumentState, statement: Statement, full: str) -> bool:
    """Whether a display gives a letter its value in an example, as a sentence says: take w = 2."""
    given = state.number_of(statement) in state.besides.stated.values and statement.number == 0
    return given and is_closed(statement.right) and full not in state.definitions


def enter_definition(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Make a definition of a statement, if its name has none so far."""
    role, lists = state.role_of(statement), lists_examples(statement, state.inventory)
    if (role in SUPPOSED[:4] and not lists) and not (
        _is_example_function(state, role, target, statement) or _introduces(state, role, target, statement)
    ):
        return False
    in_block = state.besides.is_in_block(statement)
    is_index = target.base in state.inventory.indices and not in_block
    if is_index or any(orders(statement.right)):
        return False
    if is_of_last(state, target):
        return is_last(state, target)
    if _is_level(state, target, statement):
        return False
    letters = [base_name(each) for each in target.parameters if isinstance(each, w.Symbol)]
    if len(set(letters)) < len(letters):  # D(p, p) = 0 is about D
        return False
    full = name_of(state.elaborator, target)
    uses = uses_target(statement.right, target) and not in_block  # but a := a^L, P(y | x)
    uses &= not lists
    if uses and not (recurs(statement, target) or _is_made_of_lower_layers(state, target, statement.right, full)):
        return False
    if full is None or (full in state.inventory.indices and full not in state.inventory.subscripts):
        return False
    line = statement.line
    if state.number_of(statement) in state.besides.stated.suppositions and not statement.number:
        if full in state.definitions or target.parameters:
            return False
        full = f"{target.base}__line_{line}"
        state.moved.setdefault(state.part_of(statement.piece), {})[target.base] = full
        state.fixed.add(full)
        state.elaborator.used.add(f"{target.base} is what line {line}{SUPPOSES}")
    if full not in state.definitions and _is_claimed_before(state, full, statement):
        return False
    case = case_of(state, full, target, statement)
    if condition := unread_condition(state, target, statement, case is None):
        state.unread.setdefault(full, f"it holds for {condition}")
        raise NotMeant(f"a definition for {condition} alone", statement.place)
    if case is not None and full in state.definitions and full not in state.cases:
        return False
    is_case = full in state.cases and (case is not None or not alike(state.written.get(full), statement.right))
    if is_case and (target.parameters or target.indices or state.defined_at[full] == state.number_of(statement)):
        return enter_case(state, full, case, target, statement)
    if is_value_in_example(state, statement, full) and full in state.all_names() | state.inventory.by.keys():
        return False
    is_value = full in state.kinds and not isinstance(statement.right, w.Differentiation)
    is_value |= isinstance(statement.right, w.Numeral)
    is_of_new = lists or _is_of_new(state, target, statement)
    if is_value and full not in state.definitions and full in state.all_names() and not is_of_new:
        return False
    if full in state.definitions and state.definitions[full].parameters and _is_value_of(state, full, statement):
        return False
    if full in state.definitions and _is_closed(state, target, statement.right):
        if alike(state.written.get(full), statement.right):
            return statement.piece.kind == "inline"
        part = state.part_of(statement.piece)
        full = f"{target.base}__line_{line}"
        state.moved.setdefault(part, {})[target.base] = full
    elif alike(state.written.get(full), statement.right) and (
        not letters_of(statement.right) or _is_of_another_part(state, target, statement)
    ):
        return True
    elif full in state.definitions and not statement.number and not gives_value(statement):
        with suppress(NotMeant):
            said = state.elaborator.term(statement.right)
            _loops(state, full, target, said)
            if _is_repeated(state, full, target, statement.right, said):
                return False
        state.again[full] = line
    if full in state.definitions or full in state.unread or full in ELEMENTARY:
        return False
    if is_derivative_elsewhere(full, state.definitions):
        return False
    is_given = lists or _is_given(state, role, target, statement)
    if is_example(statement, state.inventory) and not is_given:
        return False
    try:
        body = term_of(state, statement.right)
    except NotMeant as error:
        state.unread[full] = str(error)
        state.elaborator.depends.setdefault(full, tuple(map(base_letter, target.parameters)))
        raise
    indices = tuple(map(state.elaborator.named, target.indices))
    event = state.elaborator.term(target.name) if isinstance(target.name, w.Beside) else None
    if isinstance(event, terms.Entry) and all(isinstance(each, terms.Name) for each in event.indices):
        indices = tuple(map(terms.base_of, event.indices))  # P(y_i | x_i) = ... for each i
    body = with_sums(state, body, indices)
    body, last = with_last(state, target, statement, body)
    member = array_of(state.elaborator.term(target.name)) if len(indices) == 1 and not target.parameters else None
    if member is not None:  # x_i = ... of vectors, beside x_{ij}
        taken = state.letters | state.inventory.bare.keys() | state.inventory.subscripts.keys() | {*indices}
        entry = next((each for each in sorted(USUAL_INDICES) if each not in taken), state.elaborator.new_letter())
        indices = (*indices, entry) if member[1] else (entry, *indices)
        body = terms.Entry(body, (terms.Name(entry),))
    is_case_of_entries = case is not None and not target.parameters and bool(target.indices)
    if case is not None and is_case_of_entries:
        body = terms.Choice(((case, body),))
    bound = tuple((index, state.elaborator.open_size(index)) for index in indices)
    if last is not None:
        bound = tuple((index, last if index in target.indices else size) for index, size in bound)
    is_numbered = target.base in state.by_number and len(bound) == 1 and not target.parameters and case is None
    if bound and not is_numbered:
        body = terms.Family(bound, body)
        body = Apply("'", (body,)) if state.rows and len(bound) == 1 else body
    letters = [state.elaborator.named(base_name(p)) for p in target.parameters if isinstance(p, w.Symbol)]
    kind = state.kinds.get(full)
    told = kind.arguments if isinstance(kind, FunctionKind) and len(kind.arguments) == len(letters) else ()
    kinds = (
        map(ValueKind, told)
        if told
        else (kind_of_parameter(name, body, state.kinds, state.definitions) for name in letters)
    )
    parameters: tuple[tuple[str, Kind], ...] = tuple(zip(letters, kinds, strict=True))
    if key_of(state.elaborator, target) not in state.elaborator.functions:
        parameters = ()
    if parameters and not terms.free_names(body) & {*letters} and letters_of(statement.right) & {*letters}:
        return False  # H(u, p) = D(u || p) + log K, where D has no arguments
    if is_numbered:  # D_t is D(t)
        parameters = tuple((index, IndexKind(size)) for index, size in bound)
    fixed = state.elaborator.ranges.keys() | {
        index for index, end in state.elaborator.stated.items() if not isinstance(end, terms.Name)
    }
    body = of_any_length(body, [] if told or is_numbered else [name for name, _ in parameters], fixed)
    for name, count in rows_written_out(statement.left).items():
        body, parameters = with_length(name, count, body, parameters)
    is_circular = full in Names(state.definitions, {}).used_by(body)
    may_recur = bool(target.indices) and case is None and not lists
    may_recur &= last is not None or not (is_backward(statement, target) or starts_later(state, target, statement))
    if is_circular and not (may_recur and is_by_steps(state.definitions, Definition(full, body, parameters))):
        state.elaborator.used.add(f"{full} and what it is made of define each other")
        _loops(state, full, target, body)
        return False
    free = free_indices(state, body) - {name for name, _ in parameters}
    for index in sorted(free):
        state.labels.setdefault(index, state.elaborator.open_size(index))
    if case is not None:
        if bool(parameters) != bool(target.parameters):
            raise unread_case(state, full, statement)
        body = body if is_case_of_entries else terms.Choice(((case, body),))
        state.cases.add(full)
    state.definitions[full] = Definition(full, body, parameters, line)
    state.of_blocks |= {full} if in_block else set()
    number, stated = state.number_of(statement), state.besides.stated
    if role in SUPPOSED[:4]:
        *_, end = stated.bounds.get(number, (number,))
        state.supposed[letter_of(full)] = f"line {line} supposes what {full} is", range(number, end)
    if number in stated.hedged:
        state.disputed = {**state.disputed, letter_of(full): SAYS_MORE.format(line=line, name=full)}
    state.defined_at[full] = number
    state.written[full], state.targets[full] = statement.right, target.name
    state.said[full] = [(statement.right, names_in(body))]
    if target.parameters and _may_be_shortened(state, target, statement):
        state.elaborator.shortened[target.base] = full
    if parameters and not is_numbered:
        state.elaborator.functions[full] = tuple(base_name(p) for p in target.parameters if isinstance(p, w.Symbol))
        state.elaborator.latest[state.elaborator.named(target.base)] = full
        if len(parameters) > 1 and all(kind == ValueKind(()) for _, kind in parameters):
            state.elaborator.of_numbers.add(full)
    return True


def renews(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether a sentence says something else of a name than its definition. What it says is then a claim."""
    full = name_of(state.elaborator, target)
    if full not in state.definitions or alike(state.written.get(full), statement.right) or gives_value(statement):
        return False
    if statement.relation != "=" or is_example(statement, state.inventory):
        return False
    state.again[full] = statement.line
    return True


# What follows is private.


def _is_of_another_part(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether another part defines the name, so that the same equation says here again what the name is."""
    part, name = state.part_of(statement.piece), name_in(target.name, state.inventory) or target.base
    return state.scopes.where.get(part, {}).get(name, part) != part and not statement.number


def _may_be_shortened(state: DocumentState, target: Target, statement: Statement) -> bool:
    r"""Whether h(x) may stand for a function h_\theta(x) that is made of \theta.

    No other function has its letter, nothing says what h(x) is, and no formula has both.
    """
    lower = target.name.lower if isinstance(target.name, w.Scripted) else None
    if lower is None or target.indices or not letters_of(lower) <= letters_of(statement.right):
        return False
    if any(
        isinstance(each.name, w.Symbol) and base_name(each.name) == target.base
        for each in state.besides.stated.declared
    ):
        return False
    for each in state.statements:
        is_told = target_of(each, state.inventory) is not None and _subscripts(each.left, target.base) == {None}
        found = _subscripts(each.left, target.base) | _subscripts(each.right, target.base)
        if is_told or len(found) > 1 or not found <= {None, lower}:
            return False
    return bool(letters_of(lower))


def _subscripts(written: w.Written, letter: str) -> set[w.Written | None]:
    """The subscripts with which a letter is called in a formula; None if it has none."""
    pairs = (pair for part in all_parts(written) if isinstance(part, w.Beside) for pair in pairwise(part.parts))
    heads = [one for one, other in pairs if isinstance(other, w.Bracketed) and base_letter(one) == letter]
    return {one.lower if isinstance(one, w.Scripted) else None for one in heads}


def _is_claimed_before(state: DocumentState, full: str, statement: Statement) -> bool:
    """Whether an equation repeats one that was claimed as a result, so that it does not define its name."""
    return any(
        state.claims[each.claim].left == terms.Name(full) and alike(each.statement.right, statement.right)
        for each in state.entries
        if each.claim is not None and each.statement.number == 0
    )


def _is_made_of_lower_layers(state: DocumentState, target: Target, right: w.Written, full: str | None) -> bool:
    """Whether a name without a definition is made of the same letter in lower layers: a^{(l)} of a^{(l-1)}."""
    layer = None if full is None or full in state.definitions else layer_of(full)
    found = [part for part in all_parts(right) if base_letter(part) == target.base]
    scripted = [part for part in found if isinstance(part, w.Scripted)]
    if layer is None or len(found) > 2 * len(scripted):  # each one has its letter in it
        return False
    others = (layer_of(name_of(state.elaborator, Target(part, target.base)) or "") for part in scripted)
    return all(each is not None and each[:2] == layer[:2] and each.number < layer.number for each in others)


def _is_repeated(state: DocumentState, full: str, target: Target, right: w.Written, said: Term) -> bool:
    """Whether a display says of a name what the chain of its definition says, in the same words: it is a claim."""
    names = names_in(said)
    same = any(alike(each, right) and names == others for each, others in state.said.get(full, ()))
    return same and alike(state.targets.get(full), target.name)


def _loops(state: DocumentState, full: str, target: Target, body: Term) -> None:
    """Enter a letter that is made of itself, but of entries with other letters: z_k of a_j, a_j of z_j."""
    names = Names(state.definitions, {})
    through = {
        part for part in terms.every(body) if isinstance(part, terms.Entry) and full in names.uses(terms.base_of(part))
    }
    if through and not any(terms.free_names(each) & set(target.indices) for each in through):
        state.looping.add(target.base)


def _is_level(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether words set a function equal to a letter that is no parameter, as in the level line f(x, y) = k."""
    right = statement.right
    is_plain = isinstance(right, w.Symbol) and right not in target.parameters
    is_level = statement.piece.kind == "inline" and len(target.parameters) > 1 and is_plain
    return is_level and key_of(state.elaborator, target) in state.elaborator.functions


def _is_example_function(state: DocumentState, role: str, target: Target, statement: Statement) -> bool:
    """Whether a condition says what a function is: for f(x) = x^2 the derivative is ..."""
    names = {base_name(each) for each in target.parameters if isinstance(each, w.Symbol)}
    uses = bool(names & letters_of(statement.right))
    declared = {letter_of(name) for name in state.kinds} | {"T", "top"}  # of x^T A x
    closed = _is_closed(state, target, statement.right, declared)
    return role in SUPPOSED[:2] and statement.relation == "=" and uses and closed


def _introduces(state: DocumentState, role: str, target: Target, statement: Statement) -> bool:
    """Whether a condition is the first and only thing that is said of a name: for a = f(w^T x + b) we have ...

    Then it defines the name, unless the text speaks of what holds in general. A function is made of its parameters.
    """
    right = statement.right
    if role in (SUPPOSED[0], "relative") and statement.relation in DEFINING and _is_input(state, target, right):
        return True
    made = isinstance(right, w.Beside | w.Signed | w.Fractional | w.Root | w.Differentiation)
    made |= isinstance(right, w.Scripted) and right.upper is not None
    if role != SUPPOSED[0] or statement.relation not in DEFINING or not (made and letters_of(right)):
        return False
    if not {base_name(each) for each in target.parameters if isinstance(each, w.Symbol)} <= letters_of(right):
        return False
    if GENERAL.search(state.inventory.prose):
        return False
    return statement.relation != "=" or _is_only(state, target)


def _is_input(state: DocumentState, target: Target, right: w.Written) -> bool:
    """Whether a letter is that of a numbered layer whose others are given as well: "with a^{(0)} = x"."""
    full = name_of(state.elaborator, target)
    layer = None if full is None else layer_of(full)
    if layer is None or layer.letter or not isinstance(right, w.Symbol):
        return False
    others = map(layer_of, state.definitions)
    return any(each is not None and each.base == layer.base and each.letter for each in others)


def _is_given(state: DocumentState, role: str, target: Target, statement: Statement) -> bool:
    """Whether "let A be" a matrix of numbers is the only thing that is said of A, by which nothing is differentiated.

    A text that speaks of what holds in general may mean any A later.
    """
    is_array = any(isinstance(each, w.Grid) for each in all_parts(statement.right))
    is_matrix = target.base.isupper() and not target.parameters and target.base not in state.inventory.by
    general = GENERAL.search(state.inventory.prose) or ANEW.search(state.inventory.prose)
    return role in ("assumed", "relative") and is_array and is_matrix and not general and _is_only(state, target)


def _is_only(state: DocumentState, target: Target) -> bool:
    """Whether one statement alone gives a name, and none before uses it."""
    every = (target_of(each, state.inventory) for each in state.statements)
    others = sum(each is not None and each.base == target.base and not _is_power(each.name) for each in every)
    return others == 1 and target.base not in {letter_of(name) for name in state.all_names()}


def _is_of_new(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether the right side is made of letters that were not used before: z = W h + b.

    These are several, or one for entries: p_{ic} = e^{z_{ic}} / sum_k e^{z_{ik}}.
    """
    letters = letters_of(statement.right) - TRANSPOSES
    if target.indices:
        letters -= state.inventory.indices | ELEMENTARY.keys() | {"e"}
    is_made = len(letters) > 1 or (len(letters) == 1 and bool(target.indices) and letters != {target.base})
    return is_made and not letters & {letter_of(name) for name in state.all_names()}


def _is_power(name: w.Written) -> bool:
    """Whether a left side is a power, such as A^{-1} or A^2."""
    upper = name.upper if isinstance(name, w.Scripted) else None
    return any(isinstance(part, w.Numeral) for part in ([] if upper is None else all_parts(upper)))


def _is_value_of(state: DocumentState, full: str, statement: Statement) -> bool:
    """Whether an equation gives the value of a function that is no constant: logit(p) = 0."""
    return is_closed(statement.right) and not isinstance(state.definitions[full].body, terms.Number)


def _is_closed(state: DocumentState, target: Target, right: w.Written, known: Set[str] = frozenset()) -> bool:
    """Whether a function is made of its parameters alone, and of known letters: f(x) = x^2, f(x) = A x."""
    names = {base_name(p) for p in target.parameters if isinstance(p, w.Symbol)}
    letters = letters_of(right)
    return bool(names) and letters - ELEMENTARY.keys() - {"e", "pi"} <= names | known
