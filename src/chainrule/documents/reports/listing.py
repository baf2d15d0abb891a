"""Reports as lines of text: for terminals, for GitHub, as comments in the document, and the strict form beside it."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Container, Iterator

from chainrule.documents.evidence.clocks import TOO_LONG
from chainrule.documents.evidence.judging import NO_TIME_LEFT
from chainrule.documents.language.printing import statements
from chainrule.documents.reader.declaring.declarations import declarations_of
from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.sources.opening import Unreadable
from chainrule.documents.verdicts.messages import MOST_DOUBTS, plain, sentence

WIDTH = 100
MOST_SHOWN = 68
_ENDS = re.compile(r"\s*(?:\\end\{[^}]*\}|\$\$|\\\]|\\\)|```+|~~~+)?[\s.,;]*(?:\\end\{[^}]*\}|\$\$|\\\])?[\s.,;]*")
_COMMENTS = {"latex": "% {}", "markdown": "<!-- {} -->", "rst": "\n.. {}\n", "text": "[{}]"}


def listing(report: Report) -> str:
    """Every relation with its line, verdict and reason, then a summary.

    >>> from chainrule.documents import check_derivation
    >>> print(listing(check_derivation("$$2 + 2 = 5$$")))
      line 1     WRONG                  2 + 2 = 5
                 It does not follow from the left side. As numbers: the left side is 4, the right side
                 is 5. Changing 5 to 4 makes it true.
    1 wrong.
    First step to look at: line 1 (wrong).
    """
    return _listed(report, [])


def summary(report: Report) -> Iterator[str]:
    """The number of steps by verdict, the first one to look at, and what to do about those that are not decided."""
    yield from outcome(report)
    for name in ("wrong if read so", "no definition", "not read"):
        if name in report.counts:
            yield sentence(f"advice {name}")
    for name, reason in (("advice seconds", TOO_LONG), ("advice total", NO_TIME_LEFT)):
        if any(reason in step.message for step in report.claims):
            yield sentence(name)


def outcome(report: Report) -> Iterator[str]:
    """The number of steps by verdict, and the first one to look at."""
    counts = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    yield sentence("counts", counts=counts) if counts else sentence("no relation")
    first = next((step for step in report.steps if step.is_fault or step.is_suspect), None)
    if first is not None:
        yield sentence("first", place=first.place, verdict=first.verdict)


def github_annotations(report: Report) -> str:
    """Commands of a workflow of GitHub, which show wrong steps as errors and undecided ones as notices at their lines.

    >>> from chainrule.documents import check_derivation
    >>> print(github_annotations(check_derivation("$$2 + 2 = 5$$", name="a.md", repairs=False)))
    ::error file=a.md,line=1,col=9,title=wrong::It does not follow from the left side. As numbers: the left side is \
4, the right side is 5.
    """
    lines = []
    for step in report.steps:
        if step.is_fault or step.is_open:
            level = "error" if step.is_fault else "notice"
            place = f"line={step.line},col={step.column}," if step.cell is None else ""  # a file has other lines
            title = step.verdict if step.cell is None else f"{step.verdict} ({step.place})"
            named = f"file={_property(report.name)},{place}title={_property(title)}"
            lines.append(f"::{level} {named}::{_data(step.message)}")
    return "\n".join(lines)


def annotated(report: Report) -> str:
    r"""The document with a comment behind each formula that is not simply right.

    Raises
    ------
    Unreadable
        For notebooks, whose cells have no place for comments.
    """
    source = report.source
    if source.format == "notebook":
        raise Unreadable("a notebook cannot be annotated; use the HTML or the JSON report")
    lines = source.text.split("\n")
    comments = defaultdict[int, list[str]](list)
    for step in report.steps:
        if step.is_open or (step.is_claim and step.verdict not in ("proved", "verified")):
            text = f"chainrule: line {step.line}: {step.verdict}: {step.message}"
            last = step.end
            while last < len(lines) and lines[last].strip() and _ENDS.fullmatch(lines[last]):
                last += 1
            comments[last].append(_COMMENTS[source.format].format(text.replace("--", "- -")))
    return "\n".join(part for number, line in enumerate(lines, 1) for part in (line, *comments[number]))


def shown_reading(report: Report) -> str:
    """The listing with the strict language: what is declared and defined, then each claim below its formula.

    Parts of a document that are read by themselves have declarations of their own, behind their lines.
    """
    known = list[str]()
    for number, reading in enumerate(report.readings):
        derivation = reading.derivation
        count = len(derivation.declarations) + len(derivation.definitions) + len(derivation.assumptions)
        own = [text for text, _ in zip(statements(derivation), range(count), strict=False)]
        pieces = [entry.statement.piece for entry in reading.judged]
        cells = [piece.cell for piece in pieces if piece.cell is not None]
        places = cells or [line for piece in pieces if (line := piece.place_of(0)[0]) > 0]
        if number and places and not {*own} <= {*known}:
            known.append(sentence("cells alone" if cells else "lines alone", first=min(places), last=max(places)))
        known += [text for text in own if number == 0 or text not in known]
    return _listed(report, known, strict=True)


def declarations(report: Report, without: Container[str] = ()) -> str:
    """A block that declares every name of the document whose kind was guessed, and defines what claims hold under.

    Names in `without` are left out.

    >>> from chainrule.documents import check_derivation
    >>> print(declarations(check_derivation(r"$$\\sum_{i=1}^n a_i x_i = \\sum_i x_i a_i$$")))
    ---
    n: size
    a: column n
    x: column n
    ---
    """
    assumed = {words for step in report.claims for words in step.assumed}
    every = (declarations_of(reading.derivation, assumed) for reading in report.readings)
    lines = list(dict.fromkeys(line for lines in every for line in lines))
    count = Counter(map(_declared_name, lines))  # a name with two lines means two things
    lines = [line for line in lines if count[name := _declared_name(line)] == 1 and name not in without]
    if report.source.format == "latex":
        return "".join(f"%! {line}\n" for line in lines)
    return "\n".join(["---", *lines, "---", ""])


# What follows is private.


def _declared_name(line: str) -> str:
    """The name that a line declares; the letter of a function that it takes by name."""
    return line.rpartition(" as ")[2] if line.startswith("use:") else line.partition(":")[0]


def _listed(report: Report, known: list[str], *, strict: bool = False) -> str:
    """The listing, with what is known of names before it, and with the strict form and all doubts of each claim."""
    lines = [report.name] if report.name else []
    lines += ["  " + remark for remark in (*report.remarks, *known)]
    before = ""
    for step in report.steps:
        lines.append(f"  {step.place:<10} {_word(step):<22} {_formula(step)}".rstrip())
        lines += [" " * 13 + step.strict] if strict and step.strict else []
        message = sentence("same") if step.message and step.message == before else step.message
        lines += textwrap.wrap(message, WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13)
        if strict and step.is_claim and not step.is_decided and len(step.doubts) > MOST_DOUBTS + 1:
            reasons = sentence("all doubts", doubts="; ".join(map(plain, step.doubts)))
            lines += textwrap.wrap(reasons, WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13)
        before = step.message
    return _printable([*lines, *summary(report)])


def _printable(lines: list[str]) -> str:
    """Lines without the characters by which a document could steer a terminal."""
    return "\n".join("".join(c for c in line if c.isprintable()) for line in lines)


def _word(step: CheckedStep) -> str:
    return step.verdict.upper() if step.is_fault else step.verdict


def _formula(step: CheckedStep) -> str:
    text = f"{'' if step.continues else step.left + ' '}{step.relation} {step.right}"
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
