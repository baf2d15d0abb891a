"""Definitions of entries that are made of earlier ones: h := [t in T: tanh(w * h[t - 1] + u * x[t])].

Entry t of a family may use entries t - 1, t - 2 and so on of itself and of families that use it, or all of them the
entries t + 1, t + 2 and so on. Entry t of others that it uses may be of the same t, if these do not lead back to it
without a step. The entries follow each other along the axis whose index has a number subtracted or added: its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.terms import Apply, Family, Name, Number, Term, Use, uses_of


def axes_of_steps(definitions: Mapping[str, Definition], circular: Set[str]) -> dict[str, int]:
    """The axis of the steps of each array that is made of its earlier entries.

    Parameters
    ----------
    definitions : mapping
    circular : set of str
        The names whose definitions lead to themselves. Those that are missing in the result define nothing.

    Examples
    --------
    >>> from chainrule.documents.language.parsing import derivation_of
    >>> found = derivation_of("h := [t in T: w * h[t - 1] + z[t]]; z := [t in T: h[t - 1]^2]; p := [t in T: p[t]]")
    >>> axes_of_steps({each.name: each for each in found.definitions}, {"h", "z", "p"})
    {'h': 0, 'z': 0}
    """
    bodies = {name: definitions[name].body for name in sorted(circular) if not definitions[name].parameters}
    families = {
        name: body for name, body in bodies.items() if isinstance(body, Family) and _is_by_entries(body.body, circular)
    }
    inside = {
        name: tuple(use for group in _uses(each.body, circular) for use in group) for name, each in families.items()
    }
    axes = dict[str, int]()
    for _ in inside:  # each round finds at least one axis more, if there is one
        for name, used in inside.items():
            letters = [index for index, _ in families[name].indices]
            for use in used:
                letter, back = _step(use.at)
                if letter in letters and (back or axes.get(use.name) == use.axis):
                    axes.setdefault(use.name, use.axis)
                    axes.setdefault(name, letters.index(letter))
    while wrong := {name for name in axes if not _is_made_of_earlier(name, inside, families, axes)}:
        axes = {name: axis for name, axis in axes.items() if name not in wrong}
    return axes


# What follows is private.


def _step(index: Term) -> tuple[str, int]:
    """The letter of an index and how far it is back: t and 1 for t - 1, -1 for t + 1; nothing for other indices."""
    match index:
        case Name(text=text):
            return text, 0
        case Apply("-" | "+" as sign, (Name(text=text), Number(value=steps))) if steps > 0 and steps.denominator == 1:
            return text, int(steps) if sign == "-" else -int(steps)
    return "", 0


def _uses(term: Term, names: Set[str]) -> Iterator[tuple[Use, ...]]:
    """The entries and members of some names in a term."""
    for part in terms.every(term):
        if (found := uses_of(part)) and found[0].name in names:
            yield found


def _is_by_entries(body: Term, names: Set[str]) -> bool:
    """Whether some names occur in a term only as those of which it has entries or members."""
    whole = sum(isinstance(part, Name) and part.text in names for part in terms.every(body))
    return whole == sum(1 for _ in _uses(body, names))


def _is_made_of_earlier(
    name: str, inside: Mapping[str, tuple[Use, ...]], families: Mapping[str, Family], axes: Mapping[str, int]
) -> bool:
    """Whether an array leads to itself with steps alone, all of them back or all of them ahead."""

    def letter(one: str) -> str:
        return families[one].indices[axes[one]][0]

    def used(one: str) -> Iterator[str]:
        return (use.name for use in inside.get(one, ()))

    def same(one: str) -> Iterator[str]:
        """The arrays of which it uses entries of the same step."""
        for use in inside[one]:
            if axes.get(use.name) == use.axis and _step(use.at) == (letter(one), 0):
                yield use.name

    if name not in inside or not {*used(name)} <= axes.keys():
        return False
    loop = {one for one in reached(name, used) if name in reached(one, used)}
    inner = [(one, use) for one in loop for use in inside[one] if use.name in loop and axes[use.name] == use.axis]
    if any(_step(use.at)[0] != letter(one) for one, use in inner) or name in reached(name, same):
        return False
    return len({steps > 0 for _, use in inner if (steps := _step(use.at)[1])}) <= 1
