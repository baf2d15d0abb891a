"""Whether d is the sign of total differentials: du = u * dx, where u is defined by x.

Other authors write dw = x dz for gradients that have these names. There z is made of w; in an equation between
differentials, the name on the left is made of those on the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.reachability import reached
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name
from chainrule.documents.reader.syntax.written import Written

SIGN = "d is the sign of a differential"


def stands_for_changes(statements: Sequence[Statement], inventory: Inventory) -> bool:
    """Whether an equation gives the differential of a name by those of names that define it, and none the reverse."""
    uses = dict[str, set[str]]()
    for each in statements:
        target = target_of(each, inventory)
        if target is not None and isinstance(target.name, w.Symbol | w.Scripted):
            letters = {base_name(part) for part in all_parts(each.right) if isinstance(part, w.Symbol)}
            uses.setdefault(target.base, letters)
    forward, backward = False, False
    for each in statements:
        forward |= _is_change_of(each.left, each.right)
        parts = each.left.parts if isinstance(each.left, w.Beside) else ()
        changed = list(changes_in(each.left))
        if len(parts) != 2 or len(changed) != 1:
            continue
        for other in set(changes_in(each.right)) - set(changed):
            forward |= other in reached(changed[0], lambda name: uses.get(name, ()))
            backward |= changed[0] in reached(other, lambda name: uses.get(name, ()))
            forward |= _is_slope(each.right, changed[0], other)
    return forward and not backward


def changes_in(written: Written) -> Iterator[str]:
    """The letters behind a d."""
    for part in all_parts(written):
        if isinstance(part, w.Beside):
            for at, one in enumerate(part.parts[:-1]):
                if is_sign(one) and not part.joints[at]:
                    after = part.parts[at + 1]
                    base = after.base if isinstance(after, w.Scripted) else after
                    if isinstance(base, w.Symbol):
                        yield base_name(base)


def is_sign(part: Written) -> bool:
    """Whether something is a lone d."""
    return isinstance(part, w.Symbol) and part.text == "d" and not part.accents


def with_constants(derivation: Derivation, displays: Mapping[int | None, int]) -> Derivation:
    """Differentials hold what never stands behind a d in the same display, or in the document if nothing does there."""
    names, defined = Names.of(derivation), {each.name for each in derivation.definitions}
    kinds = names.kinds
    moving = dict[int, set[str]]()
    for number, claim in enumerate(derivation.claims):
        for part in (*terms.every(claim.left), *terms.every(claim.right)):
            if isinstance(part, terms.Differential):
                moving.setdefault(displays.get(number, -1), set()).update(terms.free_names(part.body) - defined)
    anywhere = set[str]().union(*moving.values())

    def held(term: terms.Term, free: Set[str]) -> terms.Term:
        term = terms.mapped(term, lambda part: held(part, free))
        if not isinstance(term, terms.Differential):
            return term
        fixed = names.used_by(term.body) - defined - free
        arrays = (name for name in fixed if isinstance(kinds.get(name), ValueKind | None))
        return replace(term, holding=tuple(sorted(arrays)))

    claims = []
    for number, claim in enumerate(derivation.claims):
        free = moving.get(displays.get(number, -1)) or anywhere
        claims.append(replace(claim, left=held(claim.left, free), right=held(claim.right, free)) if free else claim)
    return replace(derivation, claims=tuple(claims))


# What follows is private.


def _is_change_of(left: Written, right: Written) -> bool:
    """Whether a d stands before something made of a letter that has a d on the other side: d(X^{-1}), d \\log x."""
    match left:
        case w.Beside(parts=(sign, *rest), joints=("", *_)) if is_sign(sign) and not isinstance(rest[0], w.Scripted):
            inside = {base_name(part) for each in rest for part in all_parts(each) if isinstance(part, w.Symbol)}
            plain = len(rest) == 1 and isinstance(rest[0], w.Symbol)
            return not plain and not inside.isdisjoint(changes_in(right))
    return False


def _is_slope(written: Written, name: str, other: str) -> bool:
    """Whether the derivative of one letter by another, or by its entries, stands in a formula."""
    slopes = (part for part in all_parts(written) if isinstance(part, w.Differentiation) and len(part.variables) == 1)
    return any(_letter(each.subject) == name and _letter(each.variables[0]) == other for each in slopes)


def _letter(written: Written | None) -> str:
    base = written.base if isinstance(written, w.Scripted) else written
    return base_name(base) if isinstance(base, w.Symbol) else ""
