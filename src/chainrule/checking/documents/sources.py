r"""Documents as fragments of mathematics with their exact offsets, and the prose between them.

Markdown, LaTeX, notebooks and plain text all become displays, formulas inside sentences, declarations
(blocks between `---` lines, or lines that start with `%! `), headings.
"""

import json
import re
from dataclasses import dataclass

from chainrule.checking.documents.damage import Repaired, repaired
from chainrule.checking.documents.macros import expansions, macros
from chainrule.checking.documents.vocabulary import FUNCTIONS, GREEK

MOST_CHARACTERS = 2_000_000
MOST_FRAGMENTS = 4000
MOST_COLUMNS = 4000
_MATH = re.compile(
    r"\$\$(?P<dollars>.*?)\$\$"
    r"|\\\[(?P<bracket>.*?)\\\]"
    r"|\\begin\{(?P<name>(?:equation|align|gather|multline|eqnarray|displaymath|flalign|alignat|dmath|math)\*?)\}"
    r"(?:\{\d+\})?(?P<environment>.*?)\\end\{(?P=name)\}"
    r"|^[ \t]*(?:```|~~~)[ \t]*(?i:math|latex|tex)[ \t]*\n(?P<fence>.*?)\n[ \t]*(?:```|~~~)[ \t]*$"
    r"|^[ \t]*(?:```|~~~)[^\n]*\n.*?^[ \t]*(?:```|~~~)[ \t]*$"
    r"|\\\((?P<paren>.*?)\\\)"
    r"|(?<![\\$])\$(?P<dollar>(?:\\.|[^$\\]){1,4000}?)\$"
    r"|`[^`\n]+`",
    re.DOTALL | re.MULTILINE,
)
"""Formulas, each in a group of its own, and code, which has no group."""
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,2}(?P<deep>#{0,4})[ \t]+(?P<hash>[^\n]*)"
    r"|\\(?:section|(?:subsection|subsubsection|paragraph|chapter|question|problem))\*?\{(?P<tex>[^}]*)\}"
    r"|\\textbf\{(?P<strong>\(?(?:[a-z]|\d{1,2})[.)]{1,2})\}"
    r"|\*\*(?P<bold>[^*\n]{1,60})\*\*[ \t]*$|(?P<part>\(?[a-z0-9]{1,2}\)|\d+\.)[ \t]*$"
    r"|(?P<line>(?:Q|Question|Exercise|Problem|Ex|Aufgabe|Übung|Exercice|Задача|Задание|Упражнение)[ .]*№?[ ]*\d+[.:]?)"
    r"[ \t]*$)",
    re.MULTILINE,
)
_EQUATION = re.compile(r"[^\s=<>≤≥≠∈]\s*(?:[=<>≤≥≠∈]|:=|!=)\s*\S")
_NUMBERED = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+[^\W\d_a-zа-я][^\n=<>]{2,70}$", re.MULTILINE)
"""In plain text, a line such as "3. Softmax"."""
_PART = re.compile(r"\(?[A-Za-z0-9]{1,3}[).:]?\)?")
_COMMENT = re.compile(r"(?<!\\)%(?!!)[^\n]*")
_DECLARATION = re.compile(r"^[ \t]*%![ \t]?(?P<line>[^\n]*)$", re.MULTILINE)
_COMMENTED = re.compile(r"(?:^[ \t]*%![^\n]*$\s*)+", re.MULTILINE)
_BLOCK = re.compile(r"^---[ \t]*\n(?P<body>(?:(?!---[ \t]*$)[^\n]*\n){1,400}?)---[ \t]*$", re.MULTILINE)
_LOOKS_DECLARED = re.compile(r"(?!\s*[-*>] )[^$]*:[^$]*")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LABEL = re.compile(r"[^\W\d_][\w .'-]*:\s+")
_RAISED = re.compile("[ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ]")


@dataclass(frozen=True)
class Fragment:
    """One piece of mathematics: its text after repair, its offset, and the repairs, which lead back to the document."""

    text: str
    start: int
    display: bool
    repair: Repaired
    plain: bool = False

    def place(self, offset: int) -> int:
        """The offset in the document of an offset in the fragment's text."""
        return self.start + self.repair.original(offset)


@dataclass(frozen=True)
class Declarations:
    """Lines of declarations: the offset at which they take effect, and the lines with their offsets."""

    start: int
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Heading:
    """A heading, which opens a question."""

    start: int
    level: int


@dataclass(frozen=True)
class Source:
    """A document with its fragments, declarations and headings."""

    text: str
    format: str
    fragments: tuple[Fragment, ...]
    blocks: tuple[Declarations, ...]
    headings: tuple[Heading, ...]
    notebook_lines: tuple[int, ...] = ()
    """For each line of the text, its line in the file of a notebook."""

    def line(self, offset: int) -> int:
        """The line, from 1, of an offset; in a notebook, the line of its file."""
        row = self.text.count("\n", 0, offset)
        return self.notebook_lines[row] if self.notebook_lines else row + 1

    def column(self, offset: int) -> int:
        """The column, from 1."""
        return offset - self.text.rfind("\n", 0, offset)

    def prose_before(self, fragment: Fragment) -> str:
        """At most 2000 characters before a fragment, since the last display or block of declarations."""
        displays = [f.start + len(f.text) for f in self.fragments if f.display and f.start < fragment.start]
        blocks = [b.start for b in self.blocks if b.start < fragment.start]
        since = max([0, *displays[-1:], *blocks, fragment.start - 2000])
        return self.text[since : fragment.start]


class Unreadable(ValueError):
    """The document is not a text, or is too long."""


def read(text: str, name: str = "") -> Source:
    r"""Split a document into fragments, declarations and headings.

    >>> source = read("Let $x > 0$.\n\n$$x + x = 2x$$\n")
    >>> [(f.text, f.display, source.line(f.start)) for f in source.fragments]
    [('x > 0', False, 1), ('x + x = 2x', True, 3)]

    Raises
    ------
    Unreadable
        If a notebook's JSON is broken, or the text is binary or beyond two million characters.
    """
    if "\x00" in text[:100_000]:
        raise Unreadable("this is a binary file; expected text")
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"{len(text)} characters; documents of up to {MOST_CHARACTERS} are read")
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    if name.endswith(".ipynb") or (text.lstrip().startswith("{") and '"cells"' in text[:2000]):
        return _markdown(*_notebook(text))
    latex = name.endswith(".tex") or "\\documentclass" in text[:2000]
    if latex or (_MATH.search(text) and any(sign in text for sign in ("$", "\\[", "\\(", "\\begin{"))):
        return _markdown(text, "latex" if latex else "markdown")
    return _plain(text)


def _notebook(text: str) -> tuple[str, str, tuple[int, ...]]:
    """The Markdown cells one after the other, their format, and for every line its line in the notebook's file."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"this notebook cannot be read: {error}") from None
    pieces: list[str] = []
    lines: list[int] = []
    searched = 0
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("markdown", "raw"):
            continue
        source = cell.get("source", "")
        body = "".join(map(str, source)) if isinstance(source, list) else str(source)
        for line in [*body.split("\n"), ""]:
            spellings = [json.dumps(line, ensure_ascii=False), json.dumps(line)] if line.strip() else []
            searched = max([searched, *(text.find(spelling[1:-1], searched) for spelling in spellings)])
            pieces.append(line)
            lines.append(text.count("\n", 0, searched) + 1)
    return "\n".join(pieces), "notebook", tuple(lines)


def _blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _markdown(text: str, kind: str, notebook_lines: tuple[int, ...] = ()) -> Source:
    blocks, body = ([], text) if kind == "latex" else _blocks(text)
    blocks += _comment_blocks(body)
    body = _DECLARATION.sub(_blanked, body)
    if kind == "latex":
        body = _COMMENT.sub(_blanked, body)
    known = macros(body)
    fragments: list[Fragment] = []
    for match in _MATH.finditer(body):
        group = match.lastgroup
        if group is None or (group == "dollar" and "\n\n" in match.group()) or len(fragments) >= MOST_FRAGMENTS:
            continue
        part = 0 if group == "environment" else group
        fix = repaired(match.group(part), expansions(match.group(part), known))
        fragments.append(Fragment(fix.text, match.start(part), group not in ("paren", "dollar"), fix))
    return Source(text, kind, tuple(fragments), tuple(blocks), tuple(_headings(body)), notebook_lines)


def _headings(text: str) -> list[Heading]:
    found = []
    for match in _HEADING.finditer(text):
        title = match.group(match.lastgroup or 0).strip()
        part = match.group("part") or match.group("deep") or _PART.fullmatch(title)
        found.append(Heading(match.start(), 2 if part else 1))
    return found


def _blocks(text: str) -> tuple[list[Declarations], str]:
    """The declarations between --- lines, and the text with spaces in their place."""
    found: list[Declarations] = []
    position = 0
    while match := _BLOCK.search(text, position):
        lines = [line for line in re.finditer(r"[^\n]+", match.group("body")) if line.group().strip()]
        if sum(bool(_LOOKS_DECLARED.fullmatch(line.group())) for line in lines) * 2 > len(lines):
            entries = ((match.start("body") + line.start(), line.group().strip()) for line in lines)
            found.append(Declarations(match.end(), tuple(entries)))
            text = text[: match.start()] + _blanked(match) + text[match.end() :]
            position = match.end()
        else:
            position = match.start() + 3
    return found, text


def _comment_blocks(text: str) -> list[Declarations]:
    """The declarations in lines that start with %!, with only blank lines between them."""
    found = []
    for match in _COMMENTED.finditer(text):
        lines = _DECLARATION.finditer(text, *match.span())
        entries = tuple((line.start("line"), line.group("line").strip()) for line in lines)
        found.append(Declarations(match.start() + len(match.group().rstrip()), entries))
    return found


def _plain(text: str) -> Source:
    """Read plain text: consecutive lines that are formulas are one display; other lines may hold formulas."""
    blocks, body = _blocks(text)
    places: list[tuple[int, int, bool]] = []
    continues = False
    for row in re.finditer(r"[^\n]*\n?", body):
        line, offset = row.group().removesuffix("\n"), row.start()
        label = _LABEL.match(line)
        skipped = label.end() if label is not None and _is_formula(line[label.end() :]) else 0
        formula = skipped > 0 or _is_formula(line)
        if formula:
            first = places.pop()[0] if continues and not skipped else offset + skipped
            places.append((first, offset + len(line), True))
        else:
            places += [(offset + first, offset + last, False) for first, last in _formulas(line)]
        continues = formula
    fragments = []
    for first, last, display in places[:MOST_FRAGMENTS]:
        fix = repaired(text[first:last])
        fragments.append(Fragment(fix.text, first, display, fix, plain=True))
    numbered = (Heading(m.start(), 2) for m in _NUMBERED.finditer(body))
    headings = sorted([*_headings(body), *numbered], key=lambda heading: heading.start)
    return Source(text, "text", tuple(fragments), tuple(blocks), tuple(headings))


def _formulas(line: str) -> list[tuple[int, int]]:
    """The equations inside a line of prose.

    >>> line = "For later, let f(x) = log(1 + x) and g = 2 y, say."
    >>> [line[first:last] for first, last in _formulas(line)]
    ['f(x) = log(1 + x)', 'g = 2 y']
    """
    found: list[tuple[int, int]] = []
    continues = False
    for match in re.finditer(r"\S+", line[:MOST_COLUMNS]):
        word = match.group()
        bare = word.strip(".,;:!?")
        formula = bool(bare) and not _ordinary(bare) and not _is_small_word(bare)
        if formula:
            first = found.pop()[0] if continues else match.start()
            found.append((first, match.start() + len(word.rstrip(".,;:!?"))))
        continues = formula and word[-1] not in ".,;:!?"
    return [(first, last) for first, last in found if _EQUATION.search(line, first, last)]


def _is_small_word(word: str) -> bool:
    """Articles, prepositions and conjunctions of one or two letters."""
    known = word.lower() in FUNCTIONS or word in GREEK or word.startswith("d")
    return bool(re.fullmatch("[A-Za-zÀ-ÿА-я]{2}|[а-яА-ЯàÀ]", word)) and not known


def _is_formula(line: str) -> bool:
    likely = len(line) <= MOST_COLUMNS and re.search(r"[=≤≥<>≠≈]", line)
    return bool(likely) and not _ordinary(line) and not re.search(r"[:?]\s*$|\. [A-Z]", line)


def _ordinary(line: str) -> list[str]:
    """The words of a line that are no mathematics: neither functions, nor Greek letters, nor names with scripts."""
    found = []
    for match in _WORD.finditer(_RAISED.sub(" ", line)):
        word, behind = match.group(), line[match.end() : match.end() + 1]
        known = word.lower() in FUNCTIONS or word in GREEK or (word.startswith("d") and word[1:] in GREEK)
        if len(word) > 2 and not known and behind not in ("_", "(", "'"):
            found.append(word)
    return found
