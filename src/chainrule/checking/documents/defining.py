"""Definitions that a text makes: let, where, :=, the first equation with a new name, `... = δ` at the end."""

from itertools import pairwise

from chainrule.checking.documents import preamble, prose
from chainrule.checking.documents.conventions import conventions, token_lists
from chainrule.checking.documents.decorations import decorations, gradient_names
from chainrule.checking.documents.derivatives import FRACTIONS
from chainrule.checking.documents.functions import TEMPLATES
from chainrule.checking.documents.model import Definition, Kind, Question, Scope
from chainrule.checking.documents.naming import Naming, naming
from chainrule.checking.documents.sources import Source
from chainrule.checking.documents.statements import Chain, Member
from chainrule.checking.documents.tokens import Token, group
from chainrule.checking.documents.tree import Derivative, Name
from chainrule.checking.documents.vocabulary import FUNCTIONS


def define(question: Question, source: Source, known: frozenset[str] | None) -> None:
    """Enter the definitions and facts of a question; at a new chapter, `known` are the names of the earlier ones."""
    scope = question.scope
    scope.decorations = decorations(token_lists(question), scope)
    for chain in question.chains:
        if not chain.fragment.display and prose.is_called_number(scope, chain, _before(source, chain)):
            scope.forget(chain.members[0].tokens[0].text)
            scope.kinds[chain.members[0].tokens[0].text] = Kind()
            question.declaring.add(id(chain))
        elif prose.range_in(scope, chain) or (not chain.fragment.display and prose.declared_in(scope, chain)):
            question.declaring.add(id(chain))
    _unit_intervals(question, source)
    before = {name: d for name, d in scope.definitions.items() if d.source == "text"}
    letters = gradient_names(question.chains, scope)
    scope.gradients = bool(letters)
    for at, chain in enumerate(question.chains):
        _named_after(question, at, source)
        claims = bool(chain.links) and chain.continued is None and id(chain) not in question.declaring
        found = _definable(chain, question, before, source, known) if claims else None
        if found is not None:
            head, body = found
            _enter(scope, head, chain, body)
            before.pop(head.name, None)
            question.defining[id(chain)] = head.name
    _gradients(scope, letters)
    _named_at_the_end(question)
    conventions(question)


def _enter(scope: Scope, head: Naming, chain: Chain, body: Member) -> None:
    """Enter a definition by a member of a chain."""
    text = chain.fragment.text[body.span[0] : body.span[1]]
    preamble.enter(scope, head, list(body.tokens), text, "text", plain=chain.fragment.plain)


def _unit_intervals(question: Question, source: Source) -> None:
    """Enter the fact that "let p and q be numbers in (0, 1)" states about the names of its sentence."""
    named: list[tuple[int, str]] = []
    for chain in question.chains:
        if chain.links or chain.fragment.display or len(chain.members) != 1:
            continue
        tokens = chain.members[0].tokens
        if len(tokens) == 1 and tokens[0].kind == "name":
            named.append((chain.fragment.start, tokens[0].text))
        elif "".join(t.text for t in tokens) in ("(0,1)", "[0,1]"):
            for place, name in named:
                between = source.text[place : chain.fragment.start]
                if len(between) < 100 and not set(".;:\n") & set(between) and name not in question.scope.kinds:
                    question.scope.facts.setdefault(name, set()).add("in (0,1)")
            question.declaring.add(id(chain))


def _gradients(scope: Scope, names: list[str]) -> None:
    """Define dz, dW, ... as the gradients of the one loss that the text defines."""
    losses = [n for n in ("J", "L", "E", "C", "ℓ", "R", "Loss", "loss") if n in scope.definitions]
    for name in names if len(losses) == 1 else []:
        scope.forget(f"d{name}")
        scope.definitions[f"d{name}"] = Definition(
            f"d{name}", (), (), (), text=f"∂{losses[0]}/∂{name}", source="convention"
        )
        scope.bodies[f"d{name}"] = Derivative(Name(losses[0]), (Name(name),))


def _named_after(question: Question, at: int, source: Source) -> None:
    """Define the new name in "call this quantity G_{ik}" by the result of the display before it."""
    chain, scope = question.chains[at], question.scope
    if chain.links or chain.fragment.display or len(chain.members) != 1:
        return
    head = naming(chain.members[0].tokens, decorations=scope.decorations)
    if head is None or head.parameters or head.name in scope.kinds or head.name in scope.definitions:
        return
    shown = [c for c in question.chains[:at] if c.fragment.display and c.links]
    if not shown or _is_operator(head, question):
        return
    place = shown[-1].fragment.start + len(shown[-1].fragment.text)
    if prose.names_the_last(source.text[place : chain.fragment.start]):
        _enter(scope, head, shown[-1], shown[-1].members[-1])


def _named_at_the_end(question: Question) -> None:
    """Define a new name after the last relation of a chain, as in ... = δ, by the formula before it."""
    scope = question.scope
    met: set[str] = set()
    for chain in question.chains:
        head = naming(chain.members[-1].tokens, decorations=scope.decorations) if chain.links else None
        own = {t.text for m in chain.members[:-1] for t in m.tokens}
        if (
            head is not None and chain.fragment.display and not head.parameters and len(chain.members[-2].tokens) > 1
            and head.name not in scope.kinds and head.name not in scope.definitions and chain.links[-1].operator == "="
            and chain.members[-1].tokens[0].text not in own | met and chain.members[-1].tokens[0].kind == "name"
            and chain.members[-1].tokens[0].text not in ("I", "e", "𝟏") and id(chain) not in question.declaring
        ):  # fmt: skip
            _enter(scope, head, chain, chain.members[-2])
            question.ending[id(chain)] = head.name
        met |= own | {t.text for t in chain.members[-1].tokens}


def _is_operator(head: Naming, question: Question) -> bool:
    """Whether a letter has its usual meaning in a text: e, the differential d, the Jacobian D, the identity I."""
    lists = token_lists(question)
    match head.name:
        case "d":
            return not head.parameters
        case "I":
            return True
        case "D":
            return any(a.text == "D" and b.text == "_" for tokens in lists for a, b in pairwise(tokens))
        case "e":
            return any(map(question.scope.is_label, head.indices)) or any(  # e_y, the unit vector of a class
                token.text == "e" and token.kind == "name" and tokens[at + 1 : at + 2] and tokens[at + 1].text == "^"
                and "⊤" not in [t.text for t in tokens[at + 2 : at + 4]]
                for tokens in lists for at, token in enumerate(tokens)
            )  # fmt: skip
    return False


def _definable(
    chain: Chain, question: Question, before: dict[str, Definition], source: Source, known: frozenset[str] | None
) -> tuple[Naming, Member] | None:
    """The name and the body that the first relation of a chain defines; None if it defines nothing."""
    scope, operator = question.scope, chain.links[0].operator
    name, body = chain.members[0].tokens, chain.members[1]
    explicit = operator == ":="
    head = naming(name, decorations=scope.decorations) or (naming(name, declared=True) if explicit else None)
    if head is None or operator not in ("=", ":=") or (name[0].code and scope.code):
        return None
    if head.name in TEMPLATES or head.name in ("log", "exp", "tanh", "max", "min", "diag"):
        return None
    recursive = head.name == name[0].text and any(
        t.kind in ("name", "word") and t.text == head.name for t in body.tokens
    )
    kinds = [token.kind for token in body.tokens]
    if recursive or kinds == ["word"]:
        return None
    if explicit:
        return head, body
    if _is_operator(head, question) or head.name in scope.kinds:
        return None
    if head.name in scope.definitions and not _redefines(head, body, chain, question, before, source, known):
        return None
    is_condition = kinds == ["name"] and body.tokens[0].text not in {*scope.definitions, *scope.kinds}  # i = j
    if is_condition or _is_plain_number(body) or _is_range(head, body):
        return None
    return None if not chain.fragment.display and _is_index(head, body, question) else (head, body)


def _redefines(
    head: Naming, body: Member, chain: Chain, question: Question, before: dict[str, Definition], source: Source,
    known: frozenset[str] | None,
) -> bool:  # fmt: skip
    """Whether an equation gives a defined name another meaning."""
    old = before.get(head.name)
    if old is None:
        return False
    if head.parameters and not old.parameters and not old.indices:
        # L(x, y) = ... after a part in which L was something else.
        return True
    if not chain.fragment.display:
        return prose.introduces(_before(source, chain))
    if head.indices and not old.indices and not head.parameters:
        # p_i = ... after a part in which p was a number.
        return True
    if known is None:
        return False
    # A new chapter uses the old name for a formula of new names.
    old_names = known | _restated(question, known) | {"e", "d"}
    return any(
        t.kind in ("name", "word") and t.text not in old_names and not _bound(t.text, body.tokens) for t in body.tokens
    )


def _restated(question: Question, known: frozenset[str]) -> frozenset[str]:
    """The names that this chapter defines by known ones; they do not count as new."""
    here = [question.scope.definitions[name] for name in question.defining.values()]
    return frozenset(
        definition.name for definition in here
        if all(t.kind not in ("name", "word") or t.text in known or t.text == "e" or _bound(t.text, definition.tokens)
               or t.text in FUNCTIONS for t in definition.tokens)
    )  # fmt: skip


def _bound(name: str, tokens: tuple[Token, ...]) -> bool:
    """Whether a letter only serves as an index."""
    before = [tokens[at - 1].text for at, t in enumerate(tokens) if t.text == name and at]
    return len(name) == 1 and bool(before) and all(b in ("_", "{") for b in before)


def _before(source: Source, chain: Chain) -> str:
    return source.text[max(0, chain.fragment.start - 300) : chain.fragment.start].rstrip("$\\([ ")


def _is_plain_number(body: Member) -> bool:
    return all(t.kind in ("number", "brace") or t.text in ("-", "+", "/", ".", *FRACTIONS) for t in body.tokens)


def _is_range(head: Naming, body: Member) -> bool:
    """Whether an equation gives the range of an index, as in i = 1, …, n."""
    return not head.indices and not head.parameters and any(t.kind == "dots" for t in body.tokens) and all(
        t.kind in ("number", "dots", "name", "brace") or t.text in (",", "_") for t in body.tokens
    )  # fmt: skip


def _is_index(head: Naming, body: Member, question: Question) -> bool:
    """Whether a sentence names the case i = y of an index."""
    if head.indices or head.parameters or len(body.tokens) != 1:
        return False
    return any(
        head.name in {t.text for t in group(tokens, at + 1)[0]}
        for tokens in token_lists(question) for at, token in enumerate(tokens) if token.text == "_"
    )  # fmt: skip
