"""The search for one change that makes a wrong step true.

Edits are tried at a few of the points where the step failed, and one where it held; what passes is compared in full.
What is found is ranked by how common a slip it undoes and how small it is. It is one change that makes the step true,
not a claim about what was meant.
"""

from __future__ import annotations

from dataclasses import replace

from chainrule.checking.ball import Undecided, precision
from chainrule.checking.derivations.compare import BITS, Case, Task, compare, related
from chainrule.checking.derivations.deciding import Finding
from chainrule.checking.derivations.dots import TooFew
from chainrule.checking.derivations.edits import HALF, ONE, TWO, Edit, Material, edits, renamed
from chainrule.checking.derivations.evaluate import Machine
from chainrule.checking.derivations.frames import Frame, NoDefinition, OverBudget, Point
from chainrule.checking.derivations.numbers import Undefined
from chainrule.checking.derivations.printing import latex, unicode
from chainrule.checking.derivations.report import Repair
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tensors import ShapeMismatch
from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Derivative,
    Entrywise,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Prime,
    Product,
    Quotient,
    Transpose,
    free_names,
    walk,
)

MOST_EDITS = 4000
MOST_SHOWN = 3
MOST_FOUND = 12
STEPS = 600_000


def repairs(finding: Finding) -> tuple[Repair, ...]:
    """Up to three changes of the right side that make a relation true."""
    task = finding.judgement.task
    compared = finding.judgement.compared
    right = task.right
    cases = [*compared.differing[:2], *compared.differing[-1:], *compared.equal[:1]]
    shaped = not cases
    if shaped and finding.status != "shapes":
        return ()
    found: list[Edit] = []
    seen: set[Node] = set()
    with precision(BITS):
        trials = None if shaped else _trials(finding, cases)
        for number, edit in enumerate(sorted(edits(right, material(task)), key=lambda e: e.cost)):
            if number >= MOST_EDITS or len(found) >= MOST_FOUND or (trials and trials.machine.steps > STEPS):
                break
            if edit.tree in seen or edit.tree == right:
                continue
            seen.add(edit.tree)
            if trials is not None and not trials.passes(edit.tree):
                continue
            if compare(replace(task, right=edit.tree), compared.setting, quick=True).status == "equal":
                found.append(edit)
    # Edits at the same place that come to the same thing are one: the smallest text speaks for them.
    found.sort(key=lambda e: (e.cost + 0.02 * len(unicode(e.tree)), unicode(e.tree)))
    return tuple(Repair(described(edit), latex(edit.tree), edit.kind) for edit in found[:MOST_SHOWN])


class _Trials:
    """The points at which edits are tried first, with the left side's values."""

    def __init__(self, machine: Machine, task: Task, at: list[tuple[Frame, object]]) -> None:
        self.machine, self.task, self.at = machine, task, at

    def passes(self, tree: Node) -> bool:
        """Whether an edited side agrees with the left one at the points."""
        self.machine.reached.clear()
        self.machine.made.clear()
        for frame, left in self.at:
            try:
                if related(left, self.machine.value(tree, frame, {}), self.task) != "equal":
                    return False
            except (NotRead, NoDefinition, ShapeMismatch, Undefined, Undecided, TooFew, OverBudget, RecursionError):
                return False
            finally:
                # Results are kept by the identity of nodes, and the nodes of an edit do not last.
                frame.memo.clear()
                self.machine.root.memo = {k: v for k, v in self.machine.root.memo.items() if k[0] in ("name", "entry")}
        return True


def _trials(finding: Finding, cases: list[Case]) -> _Trials:
    task, setting = finding.judgement.task, finding.judgement.compared.setting
    first = cases[0].point
    machine = Machine(
        task.scope, first, layout=setting.layout, rows=setting.rows, body=setting.body, prime=task.prime,
        moving=task.moving, budget=4 * STEPS,
        filler=next(iter(first.sizes.values())) if len(first.sizes) == 1 else None,
    )  # fmt: skip
    same = [case for case in cases if case.point is first]
    return _Trials(machine, task, [(Frame(dict(case.labels), machine.root), case.left) for case in same])


def material(task: Task) -> Material:
    """What may be put into the right side: what stands on the left, and what the names around suggest."""
    scope = task.scope
    labels = sorted(
        n for n in free_names(task.left) | free_names(task.right) if n in scope.kinds and scope.kinds[n].role == "label"
    )
    machine = Machine(scope, Point())
    for name in sorted(machine.reach(task.left) | machine.reach(task.right)):
        if name in scope.kinds and scope.kinds[name].role == "label" and name not in labels:
            labels.append(name)
    bound = sorted({n.index for side in (task.left, task.right) for n in walk(side) if isinstance(n, Big)})
    indices = tuple(dict.fromkeys([*labels, *bound]))
    families = _families(task)
    functions = {n.function.text for side in (task.left, task.right) for n in walk(side)
                 if isinstance(n, Call) and isinstance(n.function, Name)}  # fmt: skip
    factors, terms = _pieces(task)
    deltas = [
        Indicator(Comparison("=", Name(a), Name(b))) for at, a in enumerate(indices) for b in indices[at + 1 :]
        if a in labels or b in labels
    ]  # fmt: skip
    return Material(
        indices, families, (TWO, HALF, *deltas[:4], *factors), (ONE, *terms, *_atoms(task)), tuple(sorted(functions)),
        _tensors(task), _atoms(task), _sums(task),
    )  # fmt: skip


def _families(task: Task) -> tuple[tuple[str, ...], ...]:
    """Names of one rank that occur in a relation or its definitions."""
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    written = {n.text for side in (task.left, task.right) for n in walk(side) if isinstance(n, Name)}
    ranks: dict[object, list[str]] = {}
    for name in sorted(reached | written):
        kind, definition = task.scope.kinds.get(name), task.scope.definitions.get(name)
        if kind is not None and kind.role == "value":
            ranks.setdefault(kind.rank, []).append(name)
        elif definition is not None:
            ranks.setdefault(len(definition.indices), []).append(name)
    return tuple(tuple(names) for names in ranks.values() if len(names) > 1)


def _pieces(task: Task) -> tuple[list[Node], list[Node]]:
    """Factors and terms found on the left, without repetition, the shortest first."""
    factors: dict[Node, None] = {}
    terms: dict[Node, None] = {}
    for node in walk(task.left):
        if isinstance(node, Product | Entrywise):
            for factor in node.factors:
                factors.setdefault(factor)
        elif isinstance(node, Quotient):
            for part in (node.numerator, node.denominator):
                factors.setdefault(part.base if isinstance(part, Power) else part)
                factors.setdefault(part)
        elif isinstance(node, Plus):
            for term in node.terms:
                terms.setdefault(term)
        elif isinstance(node, Index | Call):
            factors.setdefault(node)
    labels = [n for n in sorted(free_names(task.left) | free_names(task.right)) if _is_label(task, n)]
    for node in walk(task.left):
        if isinstance(node, Big) and node.kind == "sum":
            inner = node.body.factors if isinstance(node.body, Product) else (node.body,)
            for factor in inner:
                if node.index in free_names(factor):
                    if isinstance(factor, Index):
                        factors.setdefault(replace(node, body=factor))
                    for label in labels:
                        factors.setdefault(renamed(factor, node.index, label))
    for node in walk(task.right):
        if isinstance(node, Index | Call) or (isinstance(node, Name) and node.text in task.scope.kinds):
            factors.setdefault(node)
    for node in list(factors):
        if isinstance(node, Call) and isinstance(node.function, Prime):
            continue
        if isinstance(node, Index | Call | Name):
            factors.setdefault(Plus((ONE, node), (1, -1)))
    scope = task.scope
    sizes = [Name(n) for n, k in sorted(scope.kinds.items()) if k.role == "size"]
    for size in sizes[:2]:
        factors.setdefault(Quotient(ONE, size))

    def usable(node: Node) -> bool:
        if isinstance(node, Number):
            return node.value not in (0, 1)
        loose = {n for n in free_names(node) if n not in scope.kinds and n not in scope.definitions}
        return (not loose and not isinstance(node, Transpose | Builtin)) or isinstance(node, Builtin)

    kept_factors = sorted((f for f in factors if usable(f)), key=lambda f: (len(unicode(f)), unicode(f)))
    kept_terms = sorted((t for t in terms if usable(t)), key=lambda t: (len(unicode(t)), unicode(t)))
    return kept_factors[:24], kept_terms[:10]


def _tensors(task: Task) -> tuple[Node, ...]:
    """Vectors and matrices that the relation depends on, as they are and transposed."""
    machine = Machine(task.scope, Point())
    found: list[Node] = []
    for name in sorted(machine.reach(task.left) | machine.reach(task.right)):
        kind = task.scope.kinds.get(name)
        definition = task.scope.definitions.get(name)
        if (kind is not None and kind.role == "value" and kind.rank) or (
            definition is not None and not definition.parameters
        ):
            found += [Name(name), Transpose(Name(name))]
    shaped = any(isinstance(n, Transpose | Jacobian | Gradient) for side in (task.left, task.right) for n in walk(side))
    whole = any(isinstance(v, Name) for n in walk(task.left) if isinstance(n, Derivative) for v in n.variables)
    return tuple(found[:16]) if shaped or whole else ()


def _atoms(task: Task) -> tuple[Node, ...]:
    """Names and entries of the relation, each once."""
    found: dict[Node, None] = {}
    labels = [n for n in sorted(free_names(task.left) | free_names(task.right)) if _is_label(task, n)]
    for node in (n for side in (task.left, task.right) for n in walk(side)):
        if isinstance(node, Index) and isinstance(node.base, Name) and len(node.subscripts) == 1:
            found.setdefault(node)
            for label in labels:
                found.setdefault(replace(node, subscripts=(Name(label),)))
        elif isinstance(node, Call) or (isinstance(node, Name) and task.scope.kinds.get(node.text) is not None
                                        and task.scope.kinds[node.text].role == "value"):  # fmt: skip
            found.setdefault(node)
    return tuple(sorted(found, key=lambda n: (len(unicode(n)), unicode(n))))[:10]


def _sums(task: Task) -> tuple[Big, ...]:
    found = [n for side in (task.left, task.right) for n in walk(side) if isinstance(n, Big) and n.kind == "sum"]
    return tuple({(n.index, n.low, n.high): n for n in found if n.condition is None}.values())[:2]


def _is_label(task: Task, name: str) -> bool:
    kind = task.scope.kinds.get(name)
    return kind is not None and kind.role == "label"


def described(edit: Edit) -> str:
    """An edit in words."""
    old, new = unicode(edit.old), unicode(edit.new)
    if edit.what == "everywhere":
        return f"changing {old} to {new} everywhere"
    if edit.kind == "transposed" and isinstance(edit.new, Transpose) and edit.new.operand == edit.old:
        return f"transposing {old}"
    if len(old) + len(new) > 160:
        return f"writing {unicode(edit.tree)}"
    return f"changing {old} to {new}"
