"""The search for one change that makes a wrong step true.

An edit is tried at one point at which the step failed; if it passes there, the relation is compared in full. The edits
that pass are ranked: common slips and small changes first. A repair is one change that makes the step true, not a claim
about the author's intention.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from chainrule.algebra.ball import precision
from chainrule.checking.documents.compare import BITS, REFUSALS, Case, Task, compare, related
from chainrule.checking.documents.deciding import Finding
from chainrule.checking.documents.edits import HALF, ONE, TWO, Edit, Material, edits, renamed
from chainrule.checking.documents.evaluate import Frame, Machine
from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.points import Point
from chainrule.checking.documents.printing import latex, unicode
from chainrule.checking.documents.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Derivative,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Product,
    Ratio,
    Transpose,
    free_names,
    walk,
)
from chainrule.checking.documents.verdicts import Repair

MOST_EDITS = 4000
MOST_SHOWN = 3
MOST_FOUND = 12
STEPS = 600_000


def repairs(finding: Finding) -> tuple[Repair, ...]:
    """Up to three changes of the right side that make a relation true."""
    task, compared = finding.task, finding.compared
    failed = [*compared.differing[:2], *compared.differing[-1:], *compared.equal[:1]]
    if not failed and finding.status != "shapes":
        return ()
    point = failed[0].point if failed else Point()
    cases = [case for case in failed if case.point is point]
    # Results are kept by the identity of nodes: this list keeps the nodes of all edits.
    candidates = sorted(edits(task.right, material(task)), key=lambda edit: edit.cost)[:MOST_EDITS]
    machine = task.machine(point, compared.setting, budget=STEPS)
    found: list[Edit] = []
    seen = {task.right}
    with precision(BITS):
        for edit in candidates:
            if len(found) >= MOST_FOUND or machine.steps > STEPS:
                break
            edited = replace(task, right=edit.tree)
            is_new = edit.tree not in seen and _passes(machine, edited, cases)
            if is_new and compare(edited, compared.setting, quick=True).status == "equal":
                found.append(edit)
            seen.add(edit.tree)
    # Of several edits that amount to the same, prefer the one with the shortest text.
    found.sort(key=lambda e: (e.cost + 0.02 * len(unicode(e.tree)), unicode(e.tree)))
    return tuple(Repair(described(edit), latex(edit.tree), edit.kind) for edit in found[:MOST_SHOWN])


def _passes(machine: Machine, task: Task, cases: list[Case]) -> bool:
    """Whether the right side agrees with the known left one in some cases at the machine's point."""
    try:
        sides = ((case.left, machine.value(task.right, Frame(dict(case.labels), machine.root), {})) for case in cases)
        return all(related(left, right, task) == "equal" for left, right in sides)
    except REFUSALS:
        return False


def material(task: Task) -> Material:
    """Material for edits of the right side: parts of the left side, and names of the relation."""
    nodes = [node for side in (task.left, task.right) for node in walk(side)]
    free = free_names(task.left) | free_names(task.right)
    labels = sorted(filter(task.scope.is_label, task.names), key=lambda name: (name not in free, name))
    bound = sorted({node.index for node in nodes if isinstance(node, Big)})
    indices = tuple(dict.fromkeys([*labels, *bound]))
    deltas = [Indicator(Comparison("=", Name(a), Name(b))) for a, b in combinations(indices, 2) if a in labels]
    factors = [factor for factor in _factors(task, labels) if _is_usable(factor, task.scope)]
    terms = [term for node in walk(task.left) if isinstance(node, Plus) for term in node.terms]
    atoms = _shortest(_atoms(task, nodes, labels))[:10]
    return Material(
        indices,
        _families(task, nodes),
        (TWO, HALF, *deltas[:4], *_shortest(factors)[:24]),
        (ONE, *_shortest(term for term in terms if _is_usable(term, task.scope))[:10], *atoms),
        _tensors(task, nodes),
        atoms,
        _sums(nodes),
    )


def _shortest(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Formulas without repetition, the shortest first."""
    return tuple(sorted(set(nodes), key=lambda node: (len(unicode(node)), unicode(node))))


def _families(task: Task, nodes: list[Node]) -> tuple[tuple[str, ...], ...]:
    """Names of one rank that occur in a relation or its definitions, and the functions that the relation calls."""
    ranks: dict[int, list[str]] = {}
    for name in task.names:
        kind, definition = task.scope.kinds.get(name), task.scope.definitions.get(name)
        if kind is not None and kind.role == "value":
            ranks.setdefault(kind.rank, []).append(name)
        elif definition is not None:
            ranks.setdefault(len(definition.indices), []).append(name)
    functions = sorted({n.function.text for n in nodes if isinstance(n, Call) and isinstance(n.function, Name)})
    return tuple(tuple(names) for names in (*ranks.values(), functions) if len(names) > 1)


def _factors(task: Task, labels: list[str]) -> list[Node]:
    """Factors found on the left, entries and functions of both sides, 1 minus these, 1 over sizes."""
    found: list[Node] = []
    for node in walk(task.left):
        match node:
            case Product(factors=factors):
                found += factors
            case Ratio(numerator=above, denominator=below):
                found += [above, below, *(part.base for part in (above, below) if isinstance(part, Power))]
            case Index() | Call():
                found.append(node)
            case Big(kind="sum", index=index, body=body):
                inner = body.factors if isinstance(body, Product) else (body,)
                summed = [factor for factor in inner if index in free_names(factor)]
                found += [replace(node, body=factor) for factor in summed if isinstance(factor, Index)]
                found += [renamed(factor, index, label) for factor in summed for label in labels]
    kinds = task.scope.kinds
    found += [
        node for node in walk(task.right)
        if isinstance(node, Index | Call) or (isinstance(node, Name) and node.text in kinds)
    ]  # fmt: skip
    plain = [n for n in found if isinstance(n, Index | Name) or (isinstance(n, Call) and isinstance(n.function, Name))]
    found += [Plus((ONE, node), (1, -1)) for node in plain]
    sizes = [name for name, kind in sorted(kinds.items()) if kind.role == "size"]
    return [*found, *(Ratio(ONE, Name(size)) for size in sizes[:2])]


def _is_usable(node: Node, scope: Scope) -> bool:
    """Whether a formula may stand elsewhere: none of its names is bound where it was found."""
    if isinstance(node, Number):
        return node.value not in (0, 1)
    loose = free_names(node) - scope.kinds.keys() - scope.definitions.keys()
    return isinstance(node, Builtin) or not (loose or isinstance(node, Transpose))


def _tensors(task: Task, nodes: list[Node]) -> tuple[Node, ...]:
    """Vectors and matrices that the relation depends on, as they are and transposed, where shapes matter."""
    whole = any(isinstance(v, Name) for n in walk(task.left) if isinstance(n, Derivative) for v in n.variables)
    if not whole and not any(isinstance(node, Transpose | Jacobian | Gradient) for node in nodes):
        return ()
    ranked = {name for name, kind in task.kinds.items() if kind.role == "value" and kind.rank}
    ranked |= {name for name, definition in task.scope.definitions.items() if not definition.parameters}
    names = [Name(name) for name in task.names if name in ranked]
    return tuple(node for name in names[:8] for node in (name, Transpose(name)))


def _atoms(task: Task, nodes: list[Node], labels: list[str]) -> Iterator[Node]:
    """Names and entries of the relation."""
    values = {name for name, kind in task.scope.kinds.items() if kind.role == "value"}
    for node in nodes:
        if isinstance(node, Index) and isinstance(node.base, Name) and len(node.subscripts) == 1:
            yield node
            yield from (replace(node, subscripts=(Name(label),)) for label in labels)
        elif isinstance(node, Call) or (isinstance(node, Name) and node.text in values):
            yield node


def _sums(nodes: list[Node]) -> tuple[Big, ...]:
    sums = [node for node in nodes if isinstance(node, Big) and node.kind == "sum" and node.condition is None]
    return tuple({(node.index, node.low, node.high): node for node in sums}.values())[:2]


def described(edit: Edit) -> str:
    """An edit in words."""
    old, new = unicode(edit.old), unicode(edit.new)
    if edit.kind == "index" and isinstance(edit.old, Name):
        return f"changing {old} to {new} everywhere"
    if edit.new == Transpose(edit.old):
        return f"transposing {old}"
    return f"writing {unicode(edit.tree)}" if len(old) + len(new) > 160 else f"changing {old} to {new}"
