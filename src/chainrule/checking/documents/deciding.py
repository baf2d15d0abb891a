"""Deciding a relation: every reading and convention is tried before a step is called wrong.

A step is accepted if one reading makes it true. It is wrong only if every reading that evaluates at all gives different
balls, also when derivatives are replaced by difference quotients, and no standard assumption helps.

A failing step is tried again under a condition that the sentence before it states, as one summand of a sum whose index
the condition names, and with a free variable of differentiation, although the text defined it earlier. For a step that
still fails, the finding says for which indices it holds, and whether it is an equation for something free, not a claim.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from chainrule.checking.documents.compare import EXACT, Compared, Task, compare, confirmed
from chainrule.checking.documents.evaluate import Setting
from chainrule.checking.documents.model import Kind, Question, Scope
from chainrule.checking.documents.points import Assumption
from chainrule.checking.documents.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Derivative,
    Differential,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    Plus,
    Prime,
    Transpose,
    children,
    free_names,
    rebuilt,
    variables,
    walk,
)

MOST_ATTEMPTS = 20
MOST_GUESSES = 4
MOST_OTHERS = 2
"""How many other readings of definitions are tried."""
DERIVATIVES = Derivative | Jacobian | Gradient | Prime | Differential


@dataclass(frozen=True)
class Relation:
    """A relation with the conditions and the context that it is read in."""

    question: Question
    left: Sequence[Node]
    right: Sequence[Node]
    operator: str = "="
    conditions: tuple[Node, ...] = ()
    nearby: tuple[Node, ...] = ()
    prime: str | None = None
    alone: bool = False
    announced: bool = False
    """Whether the sentence before it announces a condition."""
    moving: frozenset[str] = frozenset()
    """The free names whose differentials its chain writes; all of the text's where it writes none."""


@dataclass(frozen=True)
class Finding:
    """The decision on a relation, with the assumptions that it needed or the data that describe its failure."""

    compared: Compared
    task: Task
    assumption: tuple[Assumption, ...] = ()
    note: str = ""
    only: Comparison | None = None
    """The condition on indices under which alone the relation holds."""
    equation: bool = False
    """An equation for something free, not a claim."""
    given: Node | None = None
    """A condition from the text that made it true."""

    @property
    def status(self) -> str:
        """The status of the comparison: equal, different, or the reason for no answer."""
        return self.compared.status

    @property
    def holds(self) -> bool:
        """Whether the relation is true as it stands."""
        return self.status == "equal" and not self.assumption


def decide(relation: Relation) -> Finding:
    """Judge a relation; if it fails, try the readings and conditions that could make it true."""
    found = judge(relation)
    if found.status == "undefined":
        found = _freed(relation) or found
    if found.holds:
        return found
    if found.status == "shapes" or found.note or found.compared.reason.startswith("a prime that"):
        # With a note, the shapes fit only in another reading than the usual one.
        numbers = _as_numbers(relation)
        if numbers is not None:
            return replace(numbers, note="entry by entry")
    if found.status in ("different", "equal"):
        rescued = _conditioned(relation) or _summand(relation)
        if rescued is not None:
            return rescued
    if found.status in ("different", "shapes") and relation.alone and _is_equation(relation, found):
        return replace(found, equation=True)
    return replace(found, only=holding(found)) if found.status == "different" else found


def is_restricted(finding: Finding) -> bool:
    """Whether a failing relation may be meant for some indices only: both indices are free on both sides."""
    if finding.only is None:
        return False
    names, left, right = map(free_names, (finding.only, finding.task.left, finding.task.right))
    return names <= left and (names <= right or not names & right)


def judge(relation: Relation, scope: Scope | None = None) -> Finding:
    """Compare two sides in all their readings."""
    scope = scope or relation.question.scope
    moving = relation.moving or relation.question.moving
    tried: list[Finding] = []
    for left, right, setting in _attempts(scope, relation.left, relation.right):
        if setting.rows and scope.layout != "rows" and tried[0].status == "different":
            # Where columns have a meaning, rows must be declared: x y^T = y x^T is true of rows only.
            continue
        task = Task(scope, left, right, relation.operator, relation.conditions, moving, relation.prime)
        compared = compare(task, setting, quick=bool(tried))
        attempt = Finding(compared, task, note="by another reading than the usual one" if tried else "")
        tried.append(attempt)
        if compared.status == "equal" and (relation.operator in EXACT or tried[0].status != "different"):
            # Another reading does not save an inequality that fails in the usual reading.
            return attempt
    first = tried[0]
    if first.status == "shapes":
        # The usual reading is the first whose shapes fit.
        layout = first.compared.setting.layout
        fitting = [
            one for one in tried
            if one.status == "different" and one.compared.setting.layout == layout and not _is_at_itself(one.task)
        ]  # fmt: skip
        first = next((replace(one, compared=compare(one.task, one.compared.setting)) for one in fitting), first)
    return _doubted(first) if first.status == "different" else first


def _is_at_itself(task: Task) -> bool:
    """Whether a function is taken at a formula of itself, as in the less likely reading of σ (1 - σ)."""
    calls = [node for side in (task.left, task.right) for node in walk(side) if isinstance(node, Call)]
    return any(call.function in walk(argument) for call in calls for argument in call.arguments)


def _doubted(first: Finding) -> Finding:
    """A difference, unless an assumption or equal sizes remove it or difference quotients do not confirm it."""
    assumed = _under_assumptions(first)
    if assumed is not None:
        return assumed
    if _sizes_inferred(first.task):
        square = compare(first.task, replace(first.compared.setting, square=True), quick=True)
        if square.status == "equal":
            return replace(first, compared=square)
    differentiates = any(isinstance(node, DERIVATIVES) for tree in first.task.trees for node in walk(tree))
    if differentiates and not confirmed(first.task, first.compared):
        doubt = "derivatives in forward mode and difference quotients do not agree that the sides differ"
        return replace(first, compared=replace(first.compared, status="undecided", reason=doubt))
    return first


def _sizes_inferred(task: Task) -> bool:
    """Whether several sizes were inferred rather than declared, so that two of them may be equal."""
    kinds = task.kinds.values()
    sizes = {dim for kind in kinds for dim in kind.dims if isinstance(dim, str)}
    return len(sizes) > 1 and any(isinstance(d, str) for kind in kinds if not kind.declared for d in kind.dims)


def _attempts(scope: Scope, left: Sequence[Node], right: Sequence[Node]) -> Iterator[tuple[Node, Node, Setting]]:
    """Pairs of readings with conventions, the usual ones first."""
    layout = scope.layout or "columns"
    places = sorted(((a, b) for a in range(len(left)) for b in range(len(right))), key=lambda pair: (sum(pair), pair))
    for a, b in places[:MOST_ATTEMPTS]:
        yield left[a], right[b], Setting(layout)
    if _has_orientation(left[0]) or _has_orientation(right[0]):
        yield left[0], right[0], Setting("rows" if layout == "columns" else "columns")
        yield left[0], right[0], Setting("rows", rows=True)
    most = max((len(others) for others in scope.others.values()), default=0)
    for reading in range(1, min(most, MOST_OTHERS) + 1):
        yield left[0], right[0], Setting(layout, reading=reading)


def _has_orientation(side: Node) -> bool:
    """Whether rows and columns could make a difference."""
    return any(
        isinstance(n, Transpose | Jacobian | Gradient)
        or (isinstance(n, Derivative) and any(isinstance(v, Name) for v in n.variables))
        for n in walk(side)
    )


def _under_assumptions(first: Finding) -> Finding | None:
    """The same relation where targets or probabilities add up to 1, or are one-hot."""
    task = first.task
    ranks = {name: task.scope.kinds[name].rank for name in doubtful_names(task)}
    singles = [Assumption(name, "rows sum 1" if rank == 2 else "sum 1") for name, rank in ranks.items()]
    candidates: list[tuple[Assumption, ...]] = [(one,) for one in singles]
    candidates += list(combinations(singles, 2))[:3]
    candidates += [(Assumption(name, "one-hot"),) for name, rank in ranks.items() if rank == 1 and name[0] in "ty"]
    for assumed in candidates[:8]:
        supposed = replace(task, assumptions=assumed)
        quick = compare(supposed, first.compared.setting, quick=True)
        if quick.status == "equal":
            return Finding(quick, supposed, assumed)
    return None


def doubtful_names(task: Task) -> list[str]:
    """Vectors and matrices that may hold probabilities: no part of an exponent, no variable of differentiation."""
    excluded: set[str] = set(task.moving).union(*map(free_names, task.scope.arguments.values()))
    for node in (part for tree in task.trees for part in walk(tree)):
        is_exponential = isinstance(node, Builtin) and node.name == "exp"
        excluded.update(free_names(node) if is_exponential else variables(node))
    stated = {"sum 1", "rows sum 1", "one-hot", "nonzero"}
    return [
        name for name, kind in task.kinds.items()
        if kind.role == "value" and kind.rank in (1, 2) and name not in excluded and not kind.facts & stated
    ]  # fmt: skip


def _freed(relation: Relation) -> Finding | None:
    """The relation with free variables of differentiation, although the text defined them before."""
    scope = relation.question.scope
    nodes = [node for side in (relation.left[0], relation.right[0]) for node in walk(side)]
    varied = {name for node in nodes if isinstance(node, Derivative) for name in variables(node)}
    freed = {name: kind for name, kind in scope.freed.items() if name in varied}
    definitions = {name: definition for name, definition in scope.definitions.items() if name not in freed}
    found = judge(relation, replace(scope, kinds={**scope.kinds, **freed}, definitions=definitions)) if freed else None
    return found if found is not None and found.status in ("equal", "different") else None


def _as_numbers(relation: Relation) -> Finding | None:
    """Read vectors that the relation never indexes as numbers, as in d/dx tanh x = 1 - tanh² x.

    A function that is used without an argument, as in σ' = σ (1 - σ), is taken at a number.
    """
    scope = relation.question.scope
    sides = (relation.left[0], relation.right[0])
    written = free_names(sides[0]) | free_names(sides[1])
    indexed = {n.base.text for s in sides for n in walk(s) if isinstance(n, Index) and isinstance(n.base, Name)}
    names = [
        n for n in sorted(written - indexed)
        if n in scope.kinds and scope.kinds[n].role == "value" and scope.kinds[n].rank == 1
    ]  # fmt: skip
    functions = [
        name for name, usual in scope.arguments.items()
        if name in written and written.isdisjoint(free_names(usual)) and not scope.definitions[name].indices
    ]  # fmt: skip
    arguments = {**scope.arguments, **dict.fromkeys(functions, Name("·number"))}
    oriented = any(isinstance(n, Transpose) or (isinstance(n, Builtin) and n.name in ("tr", "diag"))
                   for side in sides for n in walk(side))  # fmt: skip
    choices = [names] if (names or functions) and not oriented else []
    choices += [[name] for name in names if not scope.kinds[name].certain][:MOST_GUESSES]
    for chosen in choices:
        kinds = {**scope.kinds, **{name: replace(scope.kinds[name], dims=()) for name in chosen}, "·number": Kind()}
        judged = judge(relation, replace(scope, kinds=kinds, arguments=arguments))
        if judged.holds:
            return judged
    return None


def _conditioned(relation: Relation) -> Finding | None:
    """The relation under a condition from the sentence before it."""
    names = free_names(relation.left[0]) | free_names(relation.right[0])
    free = sorted(filter(relation.question.scope.is_label, names))
    for condition in relation.nearby:
        if isinstance(condition, Comparison) and condition.left == Name("·first") and len(free) == 2:
            condition = Comparison(condition.operator, *map(Name, free))
        if free_names(condition) & set(free):
            found = judge(replace(relation, conditions=(*relation.conditions, condition)))
            if found.holds:
                return replace(found, given=condition)
    return None


def _summand(relation: Relation) -> Finding | None:
    """Read dR/ds for k = l as the contribution of the summand k of R."""
    question = relation.question
    left = relation.left[0]
    named = {n for c in relation.conditions for n in free_names(c)} - free_names(left)
    if not named or not isinstance(left, Derivative) or not isinstance(left.subject, Name):
        return None
    body = question.scope.bodies.get(left.subject.text)
    if body is None:
        return None
    sums = [n for n in (body, *children(body)) if isinstance(n, Big) and n.kind == "sum" and n.index in named]
    if len(sums) != 1 or not isinstance(body, Big | Plus) or (isinstance(body, Plus) and len(body.terms) != 1):
        return None
    summand = rebuilt(body, {id(sums[0]): sums[0].body})
    label = {sums[0].index: Kind("label", declared=False)}
    scope = replace(question.scope, kinds={**label, **question.scope.kinds})
    found = judge(replace(relation, left=[replace(left, subject=summand)]), scope)
    return replace(found, note=f"for what the summand {sums[0].index} contributes") if found.holds else None


def _is_equation(relation: Relation, found: Finding) -> bool:
    """Whether one side is a bare free name: v_i = ... is then an equation for v.

    A display that differentiates or uses what the text defined is a claim, unless its sentence announces a condition.
    """
    scope = relation.question.scope
    if found.compared.cases and not found.compared.cases[0].point.values:
        return False
    for side, other in ((relation.left[0], relation.right[0]), (relation.right[0], relation.left[0])):
        base = side.base if isinstance(side, Index) else side
        if isinstance(base, Name) and base.text in scope.kinds and base.text not in scope.definitions:
            return relation.announced or not _derived(other, scope)
        if isinstance(side, Number) and relation.operator == "=" and not _derived(other, scope):
            return True
    return False


def _derived(node: Node, scope: Scope) -> bool:
    """Whether a formula differentiates or uses something defined, so that a number beside it is a claim."""
    return any(
        isinstance(n, DERIVATIVES | Big)
        or (isinstance(n, Name) and n.text in scope.definitions.keys() | scope.code.keys())
        for n in walk(node)
    )


def holding(found: Finding) -> Comparison | None:
    """The condition i = j or i ≠ j under which exactly the relation holds; None if there is none."""
    differing, equal = found.compared.differing, found.compared.equal
    trials = {id(case.point) for case in differing}
    held = [case for case in equal if id(case.point) in trials]
    for one, other in combinations(sorted(differing[0].labels), 2):
        same_held, same_differing = (
            {case.labels[one] == case.labels[other] for case in cases} for cases in (held, differing)
        )
        if len(same_held) == len(same_differing) == 1 and same_held != same_differing:
            return Comparison("=" if same_held == {True} else "!=", Name(one), Name(other))
    return None
