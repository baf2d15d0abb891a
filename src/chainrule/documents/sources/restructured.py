"""reStructuredText: the role `math`, the directive `math`, sections, literal blocks and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainrule.documents.sources.scanning import Region

_MARKS = re.compile(
    r"^[ \t]*\.\.[ ](?:note|warning|admonition|tip|hint|important|(?:prf:)?(?:theorem|proof)|topic)::[^\n]*\n?"
    r"|^(?P<indent>[ \t]*)\.\.[ ](?:(?P<name>[\w:-]+)::)?(?P<rest>[^\n]*(?:\n(?:[ \t]*\n)*(?P=indent)[ \t]+\S[^\n]*)*)"
    r"|(?<=::)(?P<literal>[ \t]*\n(?:[ \t]*\n)*(?P<margin>[ \t]+)\S[^\n]*(?:\n(?:[ \t]*\n)*(?P=margin)[^\n]*)*)"
    r"|^(?P<title>\S[^\n]*)\n(?P<sign>[=\-~^\"'#*+.:_`])(?P=sign){2,}[ \t]*$"
    r"|^(?P<over>[=\-~^\"'#*+])(?P=over){2,}[ \t]*$"
    r"|:math:`(?P<role>(?:\\.|[^`\\]){1,4000})`",
    re.MULTILINE | re.DOTALL,
)
_CODE = ("code", "code-block", "sourcecode", "highlight", "parsed-literal", "ipython", "plot")
_OPTIONS = re.compile(r"[ \t]*(?:\n[ \t]+:[\w-]+:[^\n]*)*\s*")
_JOINTS = re.compile(r"\\(?P<step>begin|end)\{|\n[ \t]*(?=\n)")


def restructured_spans(text: str) -> list[Region]:
    """The spans of a document."""
    spans: list[Region] = []
    levels: list[str] = []
    for match in _MARKS.finditer(text):
        start, end = match.span()
        if match["role"]:
            spans.append(Region("inline", start, *match.span("role"), end, ":math:"))
        elif match["title"]:
            levels += [match["sign"]] if match["sign"] not in levels else []
            spans.append(Region("heading", start, *match.span("title"), end, str(levels.index(match["sign"]) + 1)))
        elif match["name"] == "math":
            spans += _equations(text, start, match.start("rest"), end)
        elif match["literal"] or match["name"] in _CODE:
            spans.append(Region("code", start, start, end, end))
        elif match["over"] or match["rest"] is not None:
            spans.append(Region("skipped", start, start, end, end))
    return spans


def _equations(text: str, start: int, first: int, end: int) -> Iterator[Region]:
    """The displays of a directive: blank lines part them, except after options and between \\begin and \\end."""
    depth = 0
    options = _OPTIONS.match(text, first, end)
    for match in _JOINTS.finditer(text, options.end() if options else first, end):
        if match["step"]:
            depth += 1 if match["step"] == "begin" else -1
        elif depth <= 0:
            yield Region("display", start, first, match.start(), match.start(), "math")
            start = first = match.end()
    yield Region("display", start, first, end, end, "math")
