"""Every sentence that users read about a step, in one table: what is known, why, and what to do about it.

A room says its reason as a noun phrase; only this table makes sentences.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from chainrule.documents.evidence.findings import Counterexample, Finding, Place
from chainrule.documents.reader.letters.suffixed_names import MADE_UP
from chainrule.documents.reader.syntax.known_words import UNTOLD

MOST_DOUBTS = 3
LONGEST = 70
"""Most characters of a number or a formula that is shown."""

SENTENCES = {
    # One for each verdict.
    "proved": "",
    "verified": "Both sides agree to the last digit at {points} points. That is no proof.",
    "held": "It held at the {points} points that were tried. That is no proof: it may fail at others.",
    "proved if": "It follows if {assumed}, which the text does not say.",
    "without": "Without that it fails: {point}",
    "true for some indices": "It does not follow from {before} for all indices. {point}",
    "wrong": "It does not follow from {before}. {point}",
    "wrong where": "It fails even under the text's condition that {where}. {point}",
    "wrong if read so": "As the formula was read, its sides differ, but it may mean something else: {doubts}. {point}",
    "does not fit": "The shapes do not fit: {reason}.",
    "does not fit if read so": "As the formula was read, its shapes do not fit ({reason}), but it may mean something "
    "else: {doubts}.",
    "undefined": "It was not decided, because a side has no value where it was tried: {reason}.",
    "undecided": "It could be neither proved nor refuted: {reason}.",
    "not read": "It was not checked, because a part of it is not understood: {reason}.",
    "no definition": "It was not checked: {doubts}.",
    "definition": "",
    "left out": "Its shapes do not fit ({reason}), so it defines nothing.",
    "hypothesis": "{reason}, so it is read as an assumption and was not checked.",
    # Parts of them.
    "reason missing": "the reason is not known",
    "line": "line {line}",
    "step": "the step before",
    "head": "the left side",
    "point": "With {values}: {left_is} {left}, {right_is} {right}.",
    "point without values": "As numbers: {left_is} {left}, {right_is} {right}.",
    "a side": "the {side} side is",
    "a line": "line {line} gives",
    "functions": "{name} = {function}",
    "some function": "for some function {name}",
    "of a part": "{name} of part {part}",
    "declare loss": "{doubt} (declare {name}: loss of NAMES)",
    "pattern": "It holds when {holds}; it failed for every {fails} that was tried.",
    "where": "It is proved, except where one of these numbers is 0, because the step divides by it or raises it "
    "to a power: {exceptions}.",
    "constants": "It holds up to the rounding of the constants {constants}.",
    "more numbers": "and {count} more",
    "one side": "Beware: {note}.",
    "stationary": "It holds under the text's condition that {where}.",
    # Repairs.
    "repair": "Changing {old} to {new} makes it true.",
    "of chain": "It does not equal {before}, but it follows from the beginning of the chain.",
    "repair goes on": "The next step continues from the corrected formula, so the mistake ends here.",
    # Documents.
    "no relation": "No formula was found that makes a claim.",
    "counts": "{counts}.",
    "more doubts": "and {count} more reasons",
    "all doubts": "All reasons: {doubts}.",
    "lines alone": "Formulas in lines {first} to {last} are read by themselves:",
    "cells alone": "Formulas in cells {first} to {last} are read by themselves:",
    "same": "For the same reason.",
    "advice wrong if read so": "A step that is 'wrong if read so' may still be right: declare or define its names, "
    "and check again. --show-reading prints how each formula was read.",
    "advice no definition": "Steps without a definition: write the definition in a simpler form, or declare the name.",
    "advice not read": "Some formulas have a part that is not read. Write it in another way; then they are checked. A "
    "command that you define elsewhere may be declared: \\newcommand{{\\NAME}}{{FORMULA}}.",
    "advice seconds": "Some steps took too long. More time per step may decide them: --seconds N, in place of 10.",
    "advice total": "For some steps no time was left. Give all steps together more time: --total N, in seconds.",
    "first": "First step to look at: {place} ({verdict}).",
    "cell": "cell {cell}, line {line}",
    "note": "line {line}: {note}",
    "problem": "{place}: this declaration is not understood: {note}",
    "declared": "--declare",
    "declared line": "--declare, line {line}",
    "failed": "The checker failed here ({error}); please report it with the text.",
    # Grades.
    "grade": "{right} of {claims} steps are proved or verified, {wrong} wrong, {open} not decided.",
    "nothing to grade": "No step was found, so a person has to grade this.",
    "open costs nothing": "Steps that are not decided cost no marks.",
    "link": "{path} is a symbolic link and was not opened.",
    "outside": "{path} leads out of the folder and was not opened.",
    "unreadable": "{path} cannot be read: {error}.",
    "no document": "No file was handed in.",
    "not judged": "{open} of {claims} steps could not be judged: look at them yourself.",
    "look at": "Look at these places: {places}. A step there is wrong if it is read as it was, it assumes something, "
    "or the input is damaged.",
    "more places": "and {count} more places",
    "of document": "{name}, {remark}.",
    "more notes": "There are {count} more notes about the input.",
    "assumes": "{name}, {place}: the step holds if {assumed}, which the text does not say.",
    "more assume": "And {count} more steps assume something.",
    "not a document": "{path} is not read: {why}; hand in Markdown, LaTeX or a notebook.",
    "other files": "These files are not read, because they are no documents: {paths}.",
    "more files": "and {count} more",
}


def sentence(key: str, **values: object) -> str:
    """A sentence of the table with its placeholders filled.

    >>> sentence("repair", old="s_i", new="s_j")
    'Changing s_i to s_j makes it true.'
    """
    return SENTENCES[key].format(**values)


def explained(
    verdict: str,
    *,
    line: int,
    before: int | None = None,
    finding: Finding | None = None,
    reason: str = "",
    doubts: Sequence[str] = (),
) -> str:
    """The sentences about a step, without its repair.

    Parameters
    ----------
    verdict : str
    line : int
    before : int or None
        The line of the step before it in the chain.
    finding : Finding or None
    reason : str
    doubts : sequence of str

    Examples
    --------
    >>> explained("not read", line=3, reason="plus or minus")
    'It was not checked, because a part of it is not understood: plus or minus.'
    """
    finding = finding or Finding("not read")
    found = sentence(
        "wrong where" if verdict == "wrong" and finding.where else verdict,
        where=finding.where,
        points=finding.points,
        assumed=" and ".join(finding.assumed) or sentence("reason missing"),
        doubts=_doubts(verdict, doubts) or sentence("reason missing"),
        reason=(reason or sentence("reason missing")).rstrip("."),
        before=_step_before(line, before),
        point=_point(finding.counterexample, line, before) if finding.counterexample else "",
    )
    more = [found.strip()]
    if verdict == "proved if" and finding.counterexample:
        more.append(sentence("without", point=_point(finding.counterexample, line, before)))
    if finding.held and finding.failed and (holds := pattern(finding.held, finding.failed)):
        more.append(sentence("pattern", holds=holds, fails=holds.replace("=", "≠") if "=" in holds else
                             holds.replace("≠", "=")))  # fmt: skip
    if verdict == "definition" and reason:
        more.append(sentence("left out", reason=reason))
    if verdict == "proved" and finding.exceptions:
        more.append(sentence("where", exceptions=_listed(finding.exceptions)))
    if finding.constants and verdict in ("proved", "verified"):
        more.append(sentence("constants", constants=_listed(finding.constants)))
    if finding.where and verdict in ("proved", "verified", "proved if"):
        more.append(sentence("stationary", where=finding.where))
    if finding.of_chain and verdict != "undecided":
        more.append(sentence("of chain", before=_step_before(line, before)))
    if finding.note and verdict in ("proved", "verified", "held"):
        more.append(sentence("one side", note=finding.note))
    return plain(" ".join(each for each in more if each))


def plain(text: str) -> str:
    """A text in which names that the reader made up look like those of the document.

    >>> plain("the logarithm of t + e1_0")
    'the logarithm of t'
    >>> plain("y__part_3 = 2 and L_of = x1^2, h__part_5_t_minus_1__any is not defined")
    'y = 2 and L = x1^2, h_t_minus_1 is not defined'
    """
    text = re.sub(r" \+ e\d+_\d+\b|\be\d+_\d+ \+ ", "", text)  # a change of a letter, which is 0
    return MADE_UP.sub("", text)


def shortened(text: str) -> str:
    """A number or a formula as messages show it: its first 70 characters at most.

    >>> len(shortened("x + " * 30))
    70
    """
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def pattern(held: Sequence[Place], failed: Sequence[Place]) -> str:
    """The two indices whose equality decides whether a claim holds; nothing if there are none.

    >>> pattern([{"i": 1, "j": 1}], [{"i": 1, "j": 2}])
    'i = j'
    """
    names = sorted(held[0])
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            same = {place[one] == place[other] for place in held}
            if len(same) == 1 and {place[one] == place[other] for place in failed} == {not min(same)}:
                return f"{one} = {other}" if min(same) else f"{one} ≠ {other}"
    return ""


# What follows is private.


def _listed(numbers: Sequence[str]) -> str:
    """The first numbers, shortened; at other sizes they are alike."""
    shown = [shortened(text) for text in numbers[:2]]
    return ", ".join([*shown, *([sentence("more numbers", count=len(numbers) - 2)] if len(numbers) > 2 else [])])


def _doubts(verdict: str, doubts: Sequence[str]) -> str:
    """The first doubts, before all those that a declaration settles; those about definitions where one is missing."""
    about = [doubt for doubt in doubts if verdict != "no definition" or doubt.startswith("the definition of")] or doubts
    about = list(dict.fromkeys(map(plain, sorted(about, key=_place_of))))  # names of several parts look alike
    about = [
        sentence("declare loss", doubt=each, name=each.removesuffix(UNTOLD).strip()) if each.endswith(UNTOLD) else each
        for each in about
    ]
    if len(about) <= MOST_DOUBTS + 1:  # the sentence about more would be as long as one more
        return "; ".join(about)
    return "; ".join([*about[:MOST_DOUBTS], sentence("more doubts", count=len(about) - MOST_DOUBTS)])


def _place_of(doubt: str) -> int:
    """The order of a doubt: first those of which the line of a block is known that settles them."""
    if doubt.endswith(UNTOLD):
        return -1
    ends = (" is not defined", " is not read", " is not told", " does not fit")
    if doubt.endswith(ends) or " says something else of " in doubt:
        return 0
    return 2 if doubt.startswith("whether ") else 1


def _step_before(line: int, before: int | None) -> str:
    if before is None:
        return sentence("head")
    return sentence("line", line=before) if before != line else sentence("step")


def _point(example: Counterexample, line: int, before: int | None) -> str:
    named: Mapping[str, object] = {**example.sizes, **example.indices, **example.values}
    count = Counter(map(plain, named))
    values = [f"{name if count[plain(name)] == 1 else _with_part(name)} = {value}" for name, value in named.items()]
    for name, text in example.functions.items():
        letter = name.removesuffix("_of")
        made_up = letter.endswith("__any")  # it has no formula in the text
        values.append(sentence("some function" if made_up else "functions", name=plain(letter), function=text))
    left, right = _rounded(example.left, example.right)
    by_line = before not in (None, line)
    return sentence(
        "point" if values else "point without values",
        values=", ".join(values),
        left=left,
        right=right,
        left_is=sentence("a line", line=before) if by_line else sentence("a side", side="left"),
        right_is=sentence("a line", line=line) if by_line else sentence("a side", side="right"),
    )


def _with_part(name: str) -> str:
    """A name with the part of the document in which it has this meaning."""
    found = re.search(r"__part_(\d+)", name)
    return sentence("of a part", name=plain(name), part=found[1]) if found else name


def _rounded(left: str, right: str) -> tuple[str, str]:
    """Two numbers with as few digits as show that they differ, but six at least."""
    try:
        numbers = float(left), float(right)
    except ValueError:
        return left, right
    if not all(map(math.isfinite, numbers)):  # they are too large for floats
        return shortened(left), shortened(right)
    for digits in range(6, 16):
        one, other = (f"{number:.{digits}g}" for number in numbers)
        if one != other:
            return one, other
    return left, right
