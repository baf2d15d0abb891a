"""Plain text with formulas in Unicode or typed letters.

A line is a formula if it has a relation sign and no ordinary word: no run of three or more letters that is neither a
function, nor a Greek letter, nor a name with an index or an argument. A line that begins with a sign goes on with the
formula of the line before. In other lines
a run of such words with a relation sign inside is an inline formula.
"""

from __future__ import annotations

import re

from chainrule.documents.sources.scanning import Region

MOST_COLUMNS = 4000
_KNOWN = re.compile(
    "d?(?:exp|log|ln|lg|a?(?:rc)?(?:sin|cos|tan|sec|csc|cot)h?|sqrt|abs|sign|sgn|(?:arg)?(?:max|min)|sum|prod|det|tr|trace"
    "|diag|vec|rank|relu|sigmoid|softmax|softplus|logistic|norm|dim|lim|inf|sup|mod|logsumexp|gelu|silu|swish|mean|var|cov"
    "|std|inv|transpose|dot|alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma"
    "|tau|upsilon|(?:var)?phi|chi|psi|omega|nabla|partial|infty)",
    re.IGNORECASE,
)
"""Functions and Greek letters, which may stand in a formula as words."""
_RELATION = re.compile(r"[=≤≥<>≠≈∝≡]")
_EQUATION = re.compile(r"[^\s=<>≤≥≠∈≈∝≡]\s{0,9}(?:[=<>≤≥≠∈≈∝≡]|:=|!=)\s{0,9}\S")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SMALL = re.compile(r"[A-Za-zÀ-ÿА-я]{2}|[AIaàÀавикосуяВИКОСУЯ]")
_RAISED = re.compile("[ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ]")
_LABEL = re.compile(r"\s*(?:\(?\w{1,3}[.)]\s+|[^\W\d_][\w .'-]{0,80}:\s+)")
_GOES_ON = re.compile(r"\s*(?::=|!=|[=≤≥<>≠≈∝≡+*/·×^)\]}])")
_OPEN = re.compile(r"[=≤≥<>≠≈∝≡+*/·×^(\[{,−–-]\s*\Z")
_PROSE_END = re.compile(r"[:?]\s*$|\. [A-Z]")
_HEADING = re.compile(r"\s*(?:\#{1,6}[ ].{1,200}|\d{1,2}[.)][ ]+[^\W\d_a-zа-я][^=<>]{2,70}|\(?[a-z0-9]{1,2}\))\s*")


def plain_spans(text: str) -> list[Region]:
    """The formulas and headings of a plain text.

    >>> text = "For later, let f(x) = log(1 + x) and g = 2 y, say.\\ns' = s (1 - s)\\n"
    >>> [(span.kind, text[span.first:span.last]) for span in plain_spans(text)]
    [('inline', 'f(x) = log(1 + x)'), ('inline', 'g = 2 y'), ('display', "s' = s (1 - s)")]
    """
    spans: list[Region] = []
    offset = 0
    continues, before = False, ""
    for line in text.split("\n"):
        label = _LABEL.match(line)
        skipped = label.end() if label and is_formula(line[label.end() :]) else 0
        formula = skipped > 0 or is_formula(line)
        if formula and continues and not skipped and (_GOES_ON.match(line) or _OPEN.search(before)):
            last = spans.pop()
            spans.append(last._replace(last=offset + len(line), end=offset + len(line)))
        elif formula:
            first, end = offset + skipped, offset + len(line)
            spans.append(Region("display", first, first, end, end, "plain"))
        elif len(line) < 300 and _HEADING.fullmatch(line):
            first = offset + len(line) - len(line.lstrip(" #\t"))
            spans.append(Region("heading", offset, first, offset + len(line), offset + len(line), "2"))
        else:
            spans += [
                Region("inline", offset + a, offset + a, offset + b, offset + b, "plain") for a, b in _formulas(line)
            ]
        continues, before = formula, line
        offset += len(line) + 1
    return spans


def is_formula(line: str) -> bool:
    """Whether a line is a formula and nothing else."""
    likely = len(line) <= MOST_COLUMNS and _RELATION.search(line)
    return bool(likely) and not _has_words(line) and not _PROSE_END.search(line)


def _formulas(line: str) -> list[tuple[int, int]]:
    if len(line) > MOST_COLUMNS or not _RELATION.search(line):
        return []
    found: list[tuple[int, int]] = []
    continues = False
    for match in re.finditer(r"\S+", line):
        word = match.group()
        bare = word.strip(".,;:!?")
        small = (
            not (continues and line[: match.start()].rstrip()[-1] in "=+-*/<>≤≥·")
            and _SMALL.fullmatch(bare)
            and not _KNOWN.fullmatch(bare)
            and not bare.startswith("d")
        )
        formula = bool(bare) and not _has_words(bare) and not small
        if formula:
            first = found.pop()[0] if continues else match.start()
            found.append((first, match.start() + len(word.rstrip(".,;:!?"))))
        continues = formula and word[-1] not in ".,;:!?"
    return [(first, last) for first, last in found if _EQUATION.search(line, first, last)]


def _has_words(line: str) -> bool:
    for match in _WORD.finditer(_RAISED.sub(" ", line)):
        word, behind = match.group(), line[match.end() : match.end() + 1]
        if not _KNOWN.fullmatch(word) and behind not in ("_", "(", "'"):
            return True
    return False
