"""Parsing a question, and giving undeclared names their kinds."""

from collections import Counter
from collections.abc import Container
from dataclasses import replace
from itertools import pairwise

from chainrule.checking.documents import prose
from chainrule.checking.documents.grammar import readings
from chainrule.checking.documents.kinds import Kinds
from chainrule.checking.documents.model import Definition, Question, Read, Scope
from chainrule.checking.documents.stream import NotRead, Vocabulary
from chainrule.checking.documents.tokens import Token
from chainrule.checking.documents.tree import (
    Call,
    Derivative,
    Differential,
    Index,
    Name,
    Node,
    Number,
    free_names,
    rebuilt,
    variables,
    walk,
)


def complete(question: Question) -> None:
    """Parse all members of a question, and give undeclared names their kinds."""
    scope = question.scope
    vocabulary = scope.vocabulary()
    for definition in list(scope.definitions.values()):
        names = Vocabulary() if definition.source in ("template", "convention") else vocabulary
        if definition.name not in scope.bodies:
            found = _parsed(definition.tokens, names, definition.plain).nodes
            scope.others[definition.name] = found[1:]
            if found:
                scope.bodies[definition.name] = found[0]
    _shared(scope)
    kinds = Kinds(scope)
    nodes: list[Node] = []
    relations: list[tuple[Node, Node]] = []
    for number, chain in enumerate(question.chains):
        reads = [_parsed(member.tokens, vocabulary, chain.fragment.plain) for member in chain.members]
        question.read.update({id(member): read for member, read in zip(chain.members, reads, strict=True)})
        if id(chain) not in question.declaring:
            sides = [node for read in reads for node in read.nodes[:1]]
            for side in sides:
                kinds.see(side, f"chain {number}", {})
            nodes += sides
            relations += [(a.nodes[0], b.nodes[0]) for a, b in pairwise(reads) if a.nodes and b.nodes]
    _usual_arguments(question, [*nodes, *scope.bodies.values()])
    used = sorted(_used(scope, nodes) & scope.definitions.keys())
    for name in used:
        kinds.see_definition(scope.definitions[name], scope.bodies[name])
        if name in scope.arguments:
            kinds.as_value |= free_names(scope.arguments[name])
    _facts(question)
    definitions = [scope.bodies[name] for name in used]
    kinds.complete([*nodes, *definitions], relations)
    question.moving = _moving(nodes)
    question.established = _established(question, definitions)


def _parsed(tokens: tuple[Token, ...], vocabulary: Vocabulary, plain: bool) -> Read:
    try:
        return Read(readings(tokens, vocabulary, plain=plain))
    except NotRead as error:
        return Read(error=error)
    except RecursionError:
        return Read(error=NotRead("brackets nested too deep"))


def _shared(scope: Scope) -> None:
    """Write a definition that contains the formula of another one in terms of that one.

    With z := w^T x + b and ŷ := σ(w^T x + b), ŷ can then be differentiated with respect to z.
    """
    whole = {
        name: scope.bodies[name] for name, d in scope.definitions.items()
        if d.source == "text" and not d.parameters and not d.indices and name in scope.bodies
        and not isinstance(scope.bodies[name], Name | Number | Index)
    }  # fmt: skip
    for name, definition in scope.definitions.items():
        if definition.source == "text" and name in scope.bodies:
            body = scope.bodies[name]
            others = {formula: Name(other) for other, formula in whole.items() if other != name and formula != body}
            swap = {id(part): others[part] for part in walk(body) if part in others}
            scope.bodies[name] = rebuilt(body, swap)


def _usual_arguments(question: Question, nodes: list[Node]) -> None:
    """Choose the arguments of functions that are also used without one.

    A function that is only applied to formulas takes the most telling of them; others take the name to which they are
    applied most often, or the one with respect to which the text differentiates.
    """
    scope = question.scope
    parts = [part for node in nodes for part in walk(node)]
    varied = Counter(name for part in parts for name in variables(part))
    free = [name for name, _ in varied.most_common() if name not in scope.definitions]
    for name, definition in scope.definitions.items():
        if len(definition.parameters) != 1:
            continue
        calls = [part for part in parts if isinstance(part, Call) and part.function == Name(name)]
        given = [call.arguments[0] for call in calls if len(call.arguments) == 1]
        named = Counter(argument.text for argument in given if isinstance(argument, Name))
        formulas = [argument for argument in given if not _is_entry(argument)]
        if formulas and not named and definition.source != "preamble":
            scope.arguments[name] = max(
                formulas,
                key=lambda a: (
                    sum(isinstance(n, Name) and n.text in scope.definitions for n in walk(a)), -sum(1 for _ in walk(a))
                ),
            )  # fmt: skip
        elif not _keeps_parameter(question, definition, varied):
            candidates = [found for found, _ in named.most_common()] or free
            if definition.indices:
                vectors = [found for found, kind in scope.kinds.items() if kind.role == "value" and kind.rank == 1]
                candidates = [found for found in candidates if found in vectors or found not in scope.kinds]
                candidates += vectors if len(vectors) == 1 else []
            scope.arguments[name] = Name([*candidates, "x"][0])


def _keeps_parameter(question: Question, definition: Definition, varied: Container[str]) -> bool:
    """Whether the parameter of a function has a meaning outside its definition."""
    scope, (parameter,) = question.scope, definition.parameters
    meant = parameter in scope.kinds or parameter in varied or any(
        token.text == parameter
        for chain in question.chains if question.defining.get(id(chain)) != definition.name
        for member in chain.members for token in member.tokens
    )  # fmt: skip
    known = parameter in scope.kinds or parameter in scope.definitions
    return meant and definition.source not in ("template", "convention") and (known or not definition.indices)


def _is_entry(node: Node) -> bool:
    """Whether a formula depends on an index, which may be another one at another place."""
    return any(isinstance(n, Index) and any(isinstance(s, Name) for s in n.subscripts) for n in walk(node))


def _used(scope: Scope, nodes: list[Node]) -> set[str]:
    """The names that some formulas use, through definitions that are read."""
    used: set[str] = set()
    pending = {n.text for node in nodes for n in walk(node) if isinstance(n, Name)}
    while pending:
        name = pending.pop()
        body = scope.bodies.get(name)
        if name not in used and (body is not None or name not in scope.definitions):
            used.add(name)
            if body is not None:
                pending |= {n.text for n in walk(body) if isinstance(n, Name)}
                pending |= free_names(scope.arguments[name]) if name in scope.arguments else set()
    return used


def _facts(question: Question) -> None:
    """Read Σ_i t_i = 1, in a sentence or in its own display, as a fact about t."""
    scope = question.scope
    for chain in question.chains:
        sides = [node for member in chain.members for node in question.read[id(member)].nodes[:1]]
        is_equation = [link.operator for link in chain.links] == ["="] and len(sides) == 2
        stated = prose.sums_to_one(sides[0], sides[1], scope) if is_equation else None
        if stated is not None:
            name, fact = stated
            if name in scope.kinds:
                scope.kinds[name] = replace(scope.kinds[name], facts=scope.kinds[name].facts | {fact})
            else:
                scope.facts.setdefault(name, set()).add(fact)
            question.declaring.add(id(chain))


def _established(question: Question, definitions: list[Node]) -> frozenset[str]:
    heads = [
        node for chain in question.chains if chain.continued is None and chain.links
        for node in question.read[id(chain.members[0])].nodes[:1]
    ]  # fmt: skip
    names = {name for node in [*heads, *definitions] for name in free_names(node)}
    usual = map(free_names, question.scope.arguments.values())
    return frozenset(names).union(question.moving, *usual)


def _moving(nodes: list[Node]) -> frozenset[str]:
    """The names whose differentials are written, and the names with respect to which derivatives are taken."""
    found: set[str] = set()
    for node in nodes:
        parts = list(walk(node))
        differentials = [part.operand for part in parts if isinstance(part, Differential)]
        found |= {operand.text for operand in differentials if isinstance(operand, Name)}
        varied = [part for part in parts if not (differentials and isinstance(part, Derivative))]
        found |= {name for part in varied for name in variables(part)}
    return frozenset(found)
