"""The kinds of names, from all that a document declares, before any of its statements is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind, IndexKind, Kind, SizeKind, ValueKind
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import ONE, Name, Term
from chainrule.documents.reader.declaring.declarations import UNSAID, Declared, base_of, sizes_said
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.sides import key_of
from chainrule.documents.reader.letters.inventory import LAYER_LETTERS
from chainrule.documents.reader.letters.standard_arrays import standing_for_themselves
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.structure.differentials import stands_for_changes
from chainrule.documents.reader.structure.statements import Statement, joint_defined, lists_from_zero
from chainrule.documents.reader.structure.targets import Target, target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, EQUATED, NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, arguments_of, base_letter, base_name, letters_of
from chainrule.documents.reader.translation.elaboration import Elaborator

TWO_VALUES = {"sign": (1, -1), "bit": (0, 1)}
"""The values of letters with these facts."""


def enter_kinds(state: DocumentState) -> None:
    """Enter the kinds of all names that a document declares, and give the state its elaborator."""
    own = {state.number_of(each): state.part_of(each.piece) for each in state.statements}
    state.sizes |= {other: Name(size) for size, other in state.same_sizes}
    said = [each for each in state.besides.stated.declared if base_of(each.name) not in state.distrusted]
    said.sort(key=lambda each: each.piece not in own)  # what the statements themselves say counts first
    every = [*state.besides.block.declared, *said]
    placed = [(state.number_of(each), target_of(each, state.inventory)) for each in state.statements]
    anew = {(each.letter, each.place) for each in state.besides.stated.renewals if each.is_any}
    for each in every:
        if isinstance(each.name, w.Symbol):
            name = base_name(each.name)
            before = (target.base for number, target in placed if target is not None and number < each.piece)
            if (name, each.piece) in anew and name in before:  # "now let A be arbitrary" leaves the A before as it is
                name = f"{name}__line_{each.line}"
            elif each in state.besides.block.declared:
                name = state.name_in_block(name, each.piece)
            elif each.piece in own:
                _declare(state, state.aliases_in(own[each.piece], each.piece).get(name, name), each)
            _declare(state, name, each)
    for name in sorted(each for each in state.numbers | state.one_row if each not in state.kinds):
        enter_kind(state, name, ValueKind(() if name in state.numbers else (ONE, state.fresh_size(name))))
    state.elaborator = Elaborator(state.inventory, {}, _layers(state), state.layout, lettered=state.lettered)
    state.elaborator.by_number = state.by_number
    state.elaborator.spread = state.spread
    state.elaborator.columns = {
        name for name, kind in state.kinds.items() if isinstance(kind, ValueKind) and kind.shape[1:] == (ONE,)
    }
    state.elaborator.nabla_is_row = state.besides.stated.nabla_is_row
    state.elaborator.rules = {
        state.name_in_block(name, number): rule
        for number, rules in state.besides.block.rules.items()
        for name, rule in rules.items()
    }
    state.elaborator.sizes = state.sizes
    state.disputed = _disputed(state)
    blocks = {state.name_in_block(base_of(each.name), each.piece) for each in state.besides.block.declared}
    kinds = {name: state.kinds[name] for name in blocks & state.kinds.keys()}
    state.elaborator.ranges = {name: kind.size for name, kind in kinds.items() if isinstance(kind, IndexKind)}
    of_numbers = (each for each in state.besides.stated.declared if isinstance(each.kind, IndexKind))
    letters = {base_of(each.name) for each in of_numbers if isinstance(each.name, w.Symbol)}
    for label in sorted(state.besides.stated.ones & state.inventory.indices - state.inventory.bound):
        state.labels[label] = state.elaborator.open_size(label)  # y is one-hot at c
    state.elaborator.labels = letters | state.besides.stated.labels
    state.elaborator.two_valued = {
        (base_of(each.name), isinstance(each.name, w.Scripted)): TWO_VALUES[fact]
        for each in state.besides.block.declared
        for fact in each.facts & TWO_VALUES.keys()
    }
    state.elaborator.functions = _functions(state)
    state.elaborator.indexed = _functions_with_indices(state)
    targets = [target for each in state.statements if (target := target_of(each, state.inventory)) is not None]
    above = {id(each) for each in targets if isinstance(getattr(each.name, "upper", None), w.Bracketed)}
    state.elaborator.defined = frozenset(each.base for each in targets if id(each) not in above)
    state.elaborator.defined_above = frozenset(each.base for each in targets if id(each) in above)
    defined = {target.base for target in targets if isinstance(target.name, w.Symbol)}
    defined |= state.elsewhere
    state.elaborator.standing = standing_for_themselves(state.inventory, defined, state.kinds, state.units)
    state.elaborator.euler = "e" not in defined
    state.elaborator.differentials = stands_for_changes(state.statements, state.inventory)
    state.elaborator.redefined = frozenset(filter(None, map(joint_defined, state.statements)))
    for each in state.besides.block.declared:
        arguments = each.kind.arguments if isinstance(each.kind, FunctionKind) else ()
        if any(sum(size != ONE for size in shape) > 1 for shape in arguments):
            state.elaborator.of_matrices.add(base_of(each.name))
    for each in every:
        if not isinstance(each.name, w.Symbol):
            _declare_entries(state, each)
    found = {name: () for name, kind in state.kinds.items() if isinstance(kind, FunctionKind)}
    state.elaborator.functions = found | state.elaborator.functions


def enter_kind(state: DocumentState, name: str, kind: Kind) -> None:
    """Give a name its kind, and make sizes of the names that stand in it."""
    state.kinds[name] = kind
    sizes = kind.shape if isinstance(kind, ValueKind) else None
    state.inventory.declare(name, -1 if sizes is None else len(sizes) - (sizes[1:] == (ONE,)))
    for size in sizes_said(kind):
        for part in terms.free_names(size):
            if not part.startswith(OPEN) and part not in state.kinds:
                state.kinds[part] = SizeKind()
                state.inventory.declare(part, -1)


# What follows is private.


def _disputed(state: DocumentState) -> dict[str, str]:
    """Doubts about names: the text says something else of them, they stand in two fonts, or nothing is said of them."""
    told = {base_of(each.name): each for each in state.besides.block.declared if isinstance(each.kind, ValueKind)}
    uses = {name: state.inventory.bare[name] + len(state.inventory.subscripts.get(name, ())) for name in told}
    found = {name: f"{name} is a number that is added to each entry" for name in state.numbers}
    found |= {letter_of(name): f"{name} is a row" for name in state.one_row}
    found |= {
        name: f"{name} stands in bold type and in plain type"
        for name in told
        if 0 < state.inventory.bold[name] < uses[name]
    }
    for each in state.besides.stated.declared:
        name, kind = base_of(each.name), each.kind
        here = told[name].kind if name in told else None
        if isinstance(kind, ValueKind) and isinstance(here, ValueKind) and isinstance(each.name, w.Symbol):
            sizes = [one for one in zip(kind.shape, here.shape, strict=False) if UNSAID not in one]
            if len(kind.shape) != len(here.shape) or any(one != other for one, other in sizes):
                found[name] = f"line {each.line} says something else of {name} than the declarations"
    return found


def _declare(state: DocumentState, name: str, declared: Declared, axes: int = 0) -> None:
    """Enter the kind of a name, if it has none; `axes` more for indices with which the name stands."""
    kind = declared.kind
    name = f"{name}__one" if name in state.singles and not axes else name
    in_text = declared not in state.besides.block.declared
    calls = sum(name not in letters_of(each) for each in state.inventory.called.get(name, ()))  # not in a(1 - a)
    told = isinstance(kind, FunctionKind) and kind.arguments
    letter = base_of(declared.name)
    scripted = told and not isinstance(declared.name, w.Symbol) and letter in state.inventory.called
    known = told or state.inventory.bare[name] <= calls + 1 or not state.inventory.is_value(name)
    called = scripted or (calls and known)
    idle = isinstance(kind, IndexKind | ValueKind) and name in state.inventory.indices
    unneeded = idle or (isinstance(kind, FunctionKind) and not called) or name in state.inventory.limits
    if kind is None or name in state.kinds or (in_text and unneeded):
        return

    def said(shape: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(state.fresh_size(name) if size == UNSAID else _size(state, size, declared.piece) for size in shape)

    if declared.value is not None:
        state.sizes[name] = _size(state, declared.value, declared.piece)

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
            state.elaborator.indexed |= {name}
        case FunctionKind(arguments=((terms.Number(value=count), last),), result=result) if (
            in_text and last == ONE and count > 1 and _arguments_in_calls(state, name) == {count}
        ):  # f : R^2 -> R that is called f(x, y) has two numbers, no vector
            kind = FunctionKind(((),) * int(count), said(result))
        case FunctionKind(arguments=arguments, result=result):
            kind = FunctionKind(tuple(map(said, arguments)), said(result))
    enter_kind(state, name, kind)


def _arguments_in_calls(state: DocumentState, name: str) -> set[int]:
    """The numbers of arguments with which a text calls a function; it does not call one of which it writes h = f."""
    calls = [arguments_of(each) for each in state.inventory.called[name]]
    return {len(items) for items in calls if not any(base_letter(item).startswith(EQUATED) for item in items)}


def _declare_entries(state: DocumentState, declared: Declared) -> None:
    """The kind of a name with scripts: W_1 is a name, x_i one of several."""
    try:
        found = state.elaborator.term(declared.name)
    except NotMeant as error:
        state.problems.append((declared.line, str(error)))
        return
    if isinstance(found, terms.Apply) and found.operator == "raised":
        state.problems.append((declared.line, f"expected a name, got a power of {base_of(declared.name)}"))
        return
    indices = len(found.indices) if isinstance(found, terms.Entry) else int(isinstance(found, terms.Apply))
    shape = declared.kind.shape if isinstance(declared.kind, ValueKind) else ()
    if indices == 1 and shape[:1] == (ONE,) and declared in state.besides.block.declared:
        told = (
            f"expected a number or a column for {base_of(declared.name)} with an index, got a row: declare its matrix"
        )
        state.problems.append((declared.line, told))
        return
    if isinstance(declared.name, w.Scripted) and declared.name.lower is None and isinstance(declared.kind, ValueKind):
        if indices == 1 and shape:  # x^{(i)} is a vector
            state.inventory.arrays |= {base_of(declared.name)}
        elif not shape and declared in state.besides.block.declared:
            state.inventory.single_numbers |= {base_of(declared.name)}
    if indices == 1 and shape:
        state.inventory.vectors[terms.base_in(found)] += 1
    if terms.base_in(found):
        _declare(state, terms.base_in(found), declared, indices)


def _size(state: DocumentState, size: Term, piece: int) -> Term:
    """A size of a block, in which sizes that are made of others are replaced."""
    if isinstance(size, Name):
        name = state.name_in_block(size.text, piece)
        return state.sizes.get(name, Name(name))
    return terms.mapped(size, lambda part: _size(state, part, piece))


def _layers(state: DocumentState) -> frozenset[str]:
    """Superscripts that name layers: letters next to which l + 1 or l - 1 stand in superscripts, or usual ones."""
    found = set[str]()
    for base, uppers in state.inventory.superscripts.items():
        for upper in uppers:
            if isinstance(upper, w.Symbol) and upper.text in LAYER_LETTERS - state.kinds.keys() and base != "e":
                found.add(upper.text)
    return frozenset(found)


def _functions(state: DocumentState) -> dict[str, tuple[str, ...]]:
    """Names that the document defines with parameters, or that are words or primed and called."""
    found: dict[str, tuple[str, ...]] = {n: () for n, kind in state.kinds.items() if isinstance(kind, FunctionKind)}
    told = {name for name, kind in state.kinds.items() if isinstance(kind, FunctionKind) and kind.arguments}
    values = set[str]()
    targets = [(target_of(statement, state.inventory), statement) for statement in state.statements]
    for target, _ in targets:
        if target is not None and target.parameters and target.base not in ELEMENTARY:
            state.elaborator.arities.setdefault(target.base, set()).add(len(target.parameters))
    state.inventory.written_out |= _columns(state, targets)
    state.inventory.from_zero |= {base_name(each.left) for _, each in targets if lists_from_zero(each)}
    for target, statement in targets:
        if target is not None and target.parameters and target.base not in ELEMENTARY:
            several = len(state.elaborator.arities[target.base]) > 1
            names = [base_name(p) if isinstance(p, w.Symbol) else "" for p in target.parameters]
            name = key_of(state.elaborator, target)
            letters = letters_of(statement.right)
            made = names[0].startswith(EQUATED)
            if name is not None and all(names) and not set(names) <= letters:
                if isinstance(statement.right, w.Beside) and base_letter(statement.right.parts[0]) == target.base:
                    continue  # f(y) = f(g(x))
                state.elaborator.values.setdefault(name, {}).setdefault(state.part_of(statement.piece), tuple(names))
                if name not in told and not found.get(name) and name not in state.inventory.primed:
                    found.pop(name, None)  # "the function L" is a value if L(w) = (y - t)^2
                    state.kinds.pop(name, None)
                    values.add(name)
            elif (
                name
                and all(names)
                and name not in values
                and not found.get(name)
                and (
                    several
                    or name in told
                    or made
                    or not state.inventory.is_value(target.base)
                    or _is_called_elsewhere(state, target.base, names, letters)
                )
            ):
                found[name] = tuple(names)
            elif name and all(names) and name not in found:
                state.elaborator.depends.setdefault(name, tuple(names))
    for name, parameters in _undefined_functions(state, targets).items():
        found.setdefault(name, parameters)
    primed = state.inventory.primed - state.inventory.by.keys()
    for name in state.inventory.called.keys() - found.keys() - state.kinds.keys() - ELEMENTARY.keys():
        is_called = name in state.inventory.words or state.inventory.is_always_called(name)
        if name in primed or (is_called and name not in values):
            found[name] = ()
    return found


def _is_called_elsewhere(state: DocumentState, base: str, names: Sequence[str], letters: Set[str]) -> bool:
    """Whether a name that is made of its parameters alone is called with other letters: H(p, p) after H(p, q) = ..."""
    if letters - {*names, *ELEMENTARY} - state.inventory.indices - state.inventory.limits:
        return False
    calls = [arguments_of(bracket) for bracket in state.inventory.called.get(base, ())]
    plain = [tuple(base_name(each) for each in items if isinstance(each, w.Symbol)) for items in calls]
    return any(len(each) == len(names) and each != tuple(names) and set(each) <= set(names) for each in plain)


def _undefined_functions(
    state: DocumentState, targets: Sequence[tuple[Target | None, Statement]]
) -> dict[str, tuple[str, ...]]:
    """Functions without a definition: f in z = f(x, y), and J in dJ/dt beside J(t + e)."""
    known = {target.base for target, _ in targets if target is not None} | state.kinds.keys() | ELEMENTARY.keys()
    found = dict[str, tuple[str, ...]]()
    for target, statement in targets:
        match statement.right:
            case w.Beside(parts=(w.Symbol() as function, w.Bracketed(kind="(", items=items)), joints=("",)) if (
                target is not None and not target.parameters and all(isinstance(each, w.Symbol) for each in items)
            ):
                found |= {} if function.is_word else {base_name(function): ()}
    every = (part for _, each in targets for side in (each.left, each.right) for part in all_parts(side))
    for part in every:
        match part:
            case w.Differentiation(subject=w.Symbol() as subject, variables=(w.Symbol() as variable,)):
                calls = state.inventory.called.get(base_name(subject), ())
                moved = (
                    len(call.items) == 1
                    and not isinstance(call.items[0], w.Symbol)
                    and base_name(variable) in letters_of(call.items[0])
                    for call in calls
                )
                if calls and all(moved):
                    found[base_name(subject)] = (base_name(variable),)
    return {name: parameters for name, parameters in found.items() if name not in known}


def _columns(state: DocumentState, targets: Iterable[tuple[Target | None, Statement]]) -> set[str]:
    """Letters that stand where a function takes a column: x_1 is an entry of x, if f(x) is.

    So is y_1 one of y in the derivative of h by y_1 at y.
    """
    taking = {
        name: [number for number, shape in enumerate(kind.arguments) if shape]
        for name, kind in state.kinds.items()
        if isinstance(kind, FunctionKind)
    }
    calls = [(name, arguments_of(bracket)) for name in taking for bracket in state.inventory.called.get(name, ())]
    calls += [(target.base, target.parameters) for target, _ in targets if target is not None and target.base in taking]
    arguments = (items[number] for name, items in calls for number in taking[name] if number < len(items))
    found = {base_name(item) for item in arguments if isinstance(item, w.Symbol)}
    for part in (part for _, each in targets for side in (each.left, each.right) for part in all_parts(side)):
        for one, other in zip(part.parts, part.parts[1:], strict=False) if isinstance(part, w.Beside) else ():
            match one, other:
                case w.Differentiation(variables=(w.Scripted(base=w.Symbol() as base),)), w.Bracketed(items=(item,)):
                    found |= {base_name(base)} if item == base else set()
    return found


def _functions_with_indices(state: DocumentState) -> frozenset[str]:
    """Functions whose values have entries, as in softmax(z)_i, or are declared as columns."""
    targets = (target_of(statement, state.inventory) for statement in state.statements)
    kinds = state.kinds.items()
    columns = frozenset(name for name, kind in kinds if isinstance(kind, FunctionKind) and kind.result[1:] == (ONE,))
    return columns | {target.base for target in targets if target and target.parameters and target.indices}
