"""The derivations of the rules: a Markdown file for every family, in the language of the step checker.

`chainrule derive NAME` prints the one that holds a rule; `chainrule check` marks it like any other text, and compares
its results with what the rule's code returns.

>>> family_of("log_softmax"), family_of("affine")
('log_softmax', 'linear')
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["families", "family_of", "text"]

_CODE = re.compile(r"^code: *([a-z_0-9]+)", re.MULTILINE)


@cache
def families() -> tuple[str, ...]:
    """The names of the derivations."""
    endings = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in endings if name.endswith(".md")))


def text(family: str) -> str:
    """A derivation as Markdown.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if family not in families():
        raise ValueError(f"expected one of the derivations {', '.join(families())}, got {family!r}")
    return files(__name__).joinpath(f"{family}.md").read_text(encoding="utf-8")


def family_of(rule: str) -> str:
    """The derivation that holds a rule: the one of its name, or the one that calls its code.

    Raises
    ------
    ValueError
        If no derivation holds it.
    """
    holding = [family for family in families() if rule in _CODE.findall(text(family))]
    if not holding:
        raise ValueError(f"no derivation holds the rule {rule!r}")
    return rule if rule in holding else min(holding, key=lambda family: len(_CODE.findall(text(family))))
