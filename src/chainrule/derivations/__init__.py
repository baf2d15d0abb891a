"""The derivations of the rules: one Markdown file per family, in the language of the step checker.

`chainrule derive NAME` prints the derivation of a rule. `chainrule check` checks it like any other document, and
compares its results with those of the rule's code.

>>> family_of("log_softmax"), family_of("affine")
('log_softmax', 'linear')
"""

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
        If there is no derivation of that name.
    """
    if family not in families():
        raise ValueError(f"expected one of the derivations {', '.join(families())}, got {family!r}")
    return files(__name__).joinpath(f"{family}.md").read_text(encoding="utf-8")


def family_of(rule: str) -> str:
    """The derivation of a rule: the one with its name, otherwise the one with the fewest rules that calls its code.

    Raises
    ------
    ValueError
        If there is no derivation of the rule.
    """
    holding = [family for family in families() if rule in _CODE.findall(text(family))]
    if not holding:
        raise ValueError(f"no derivation holds the rule {rule!r}")
    return rule if rule in holding else min(holding, key=lambda family: len(_CODE.findall(text(family))))
