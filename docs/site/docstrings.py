"""Docstrings for Sphinx: indented formulas become literal blocks, and names of pages become links."""

from __future__ import annotations

import inspect
import re
import sys
from inspect import Parameter, isclass, signature
from typing import Any

from chainrule.rules import Rule

UNDERLINE = re.compile(r"-{3,}$")
MARKUP, ESCAPED = re.compile(r"([|*_`])"), r"\\\1"
"""Characters of formulas that are no markup, and their replacement."""

PAGE = re.compile(r"\bdocs/(\w+/\w+)\.md")


def with_literal_formulas(app: Any, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Mark each indented block before the first section as literal, and link the pages that are named, in place."""
    if isinstance(obj, Rule):
        lines[:] = facts(obj)
    sections = [number for number, line in enumerate(lines) if UNDERLINE.match(line.strip())]
    end = sections[0] - 1 if sections else len(lines)
    lines[:end] = marked(lines[:end])
    lines[:] = [PAGE.sub(r":doc:`/\1`", line) for line in lines]


def marked(lines: list[str]) -> list[str]:
    """The lines with `::` before each block that is indented.

    >>> marked(["A sum.", "", "    x + y", "", "More."])
    ['A sum.', '', '::', '', '    x + y', '', 'More.']
    """
    found: list[str] = []
    inside = False
    for line in lines:
        indented = line.startswith("    ")
        before = next((text for text in reversed(found) if text.strip()), "")
        if indented and not inside and found and not found[-1].strip() and not before.endswith("::"):
            found += ["::", ""]
        if line.strip():
            inside = indented
        found.append(line)
    return found


def facts(rule: Rule) -> list[str]:
    """The text of a rule about itself, in place of the one about all rules.

    >>> from chainrule import rules
    >>> facts(rules.tanh)[0], facts(rules.tanh)[2]
    ('The rule ``tanh(x)``: a `chainrule.Rule` of the kind "activation".', ':formula: y = tanh(x)')
    """
    inputs = ", ".join((*rule.inputs, *(f"{name}=..." for name in rule.options)))
    stated = {"formula": rule.formula, "derivative": rule.derivative, "domain": rule.domain, "kinks": rule.kinks}
    if rule.error_bound is not None:
        stated["error bound"] = f"{rule.error_bound} ulp"
    lines = [f":{name}: {MARKUP.sub(ESCAPED, text)}" for name, text in stated.items()]
    notes = inspect.cleandoc(sys.modules[rule.forward.__module__].__doc__ or "").splitlines()
    notes = [line if line.startswith(" ") else line.replace("|", r"\|") for line in notes]  # e^-|x| in a sentence
    return [
        f'The rule ``{rule.name}({inputs})``: a `chainrule.Rule` of the kind "{rule.kind}".',
        "",
        *lines,
        "",
        *notes,
        "",
    ]


def is_not_ours(app: Any, what: str, name: str, obj: object, skip: bool, options: Any) -> bool | None:
    """True for members that other packages define: they document them."""
    defined = getattr(obj, "fget", None) or getattr(obj, "func", None) or obj
    module = getattr(defined, "__module__", None) or getattr(getattr(defined, "__objclass__", None), "__module__", "")
    is_request = name.startswith("set_") and name.endswith("_request")
    return True if is_request or not (module or "chainrule").startswith("chainrule") else None


def signature_of_class(
    app: Any, what: str, name: str, obj: Any, options: Any, signature_text: str | None, returned: str | None
) -> tuple[str, str | None] | None:
    """The parameters of a class from `__init__`, where Sphinx takes the general ones of a `__new__`."""
    if not isclass(obj) or signature_text is None or "**" not in signature_text:
        return None
    found = signature(obj)
    bare = [one.replace(annotation=Parameter.empty) for one in found.parameters.values()]
    return str(found.replace(parameters=bare, return_annotation=Parameter.empty)), returned
