r"""Documents as fragments of mathematics with exact places, and the prose between them.

Markdown, LaTeX, notebooks and plain text come to the same thing: displays, formulas inside sentences, declarations
(blocks between `---` lines, or lines that start with `%! `), headings.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from chainrule.checking.derivations.damage import Repaired, repaired
from chainrule.checking.derivations.macros import expansions, macros
from chainrule.checking.derivations.vocabulary import FUNCTIONS, GREEK

MOST_CHARACTERS = 2_000_000
MOST_FRAGMENTS = 4000
_DISPLAYS = "equation|align|gather|multline|eqnarray|displaymath|flalign|alignat|dmath|math"
_MATH = re.compile(
    r"\$\$(?P<dollars>.*?)\$\$"
    r"|\\\[(?P<bracket>.*?)\\\]"
    r"|\\begin\{(?P<name>(?:" + _DISPLAYS + r")\*?)\}(?:\{\d+\})?(?P<environment>.*?)\\end\{(?P=name)\}"
    r"|(?P<fence>^[ \t]*(?:```|~~~)[^\n]*\n.*?^[ \t]*(?:```|~~~)[ \t]*$)"
    r"|\\\((?P<paren>.*?)\\\)"
    r"|(?<![\\$])\$(?P<dollar>(?:\\.|[^$\\]){1,4000}?)\$"
    r"|(?P<code>`[^`\n]+`)",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,2}(?P<deep>#{0,4})[ \t]+(?P<hash>[^\n]*)"
    r"|\\(?:section|(?:subsection|subsubsection|paragraph|chapter|question|problem))\*?\{(?P<tex>[^}]*)\}"
    r"|\\textbf\{(?P<strong>\(?(?:[a-z]|\d{1,2})[.)]{1,2})\}"
    r"|\*\*(?P<bold>[^*\n]{1,60})\*\*[ \t]*$|(?P<part>\(?[a-z0-9]{1,2}\)|\d+\.)[ \t]*$"
    r"|(?P<line>(?:Q|Question|Exercise|Problem|Ex|Aufgabe|Übung|Exercice|Задача|Задание|Упражнение)[ .]*№?[ ]*\d+[.:]?)"
    r"[ \t]*$)",
    re.MULTILINE,
)
_NUMBERED = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+(?P<title>[^\W\d_a-zа-я][^\n=<>]{2,70})$", re.MULTILINE)
"""In plain text, a line such as "3. Softmax"."""
_PART = re.compile(r"\(?[A-Za-z0-9]{1,3}[).:]?\)?")
_COMMENT = re.compile(r"(?<!\\)%(?!!)[^\n]*")
_DECLARATION = re.compile(r"^[ \t]*%![ \t]?(?P<line>[^\n]*)$", re.MULTILINE)
_BLOCK = re.compile(r"^---[ \t]*\n(?P<body>(?:(?!---[ \t]*$)[^\n]*\n){1,400}?)---[ \t]*$", re.MULTILINE)
_LOOKS_DECLARED = re.compile(r"(?!\s*[-*>] )[^$]*:[^$]*")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LABEL = re.compile(r"[^\W\d_][\w .'-]*:\s+")
_RAISED = re.compile("[ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ]")


@dataclass(frozen=True)
class Fragment:
    """One piece of mathematics: its text after repair, where it starts, and the way back to the document."""

    text: str
    start: int
    display: bool
    repair: Repaired
    plain: bool = False

    def place(self, offset: int) -> int:
        """The offset in the document of an offset in the fragment's text."""
        return self.start + self.repair.original(offset)


@dataclass(frozen=True)
class Block:
    """Declarations: the offset at which they take effect, and the lines with their offsets."""

    start: int
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Heading:
    """A heading, which opens a question."""

    start: int
    title: str
    level: int = 1


@dataclass(frozen=True)
class Source:
    """A document taken apart."""

    text: str
    format: str
    fragments: tuple[Fragment, ...]
    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]
    _starts: tuple[int, ...] = field(repr=False, default=())
    _lines: tuple[int, ...] | None = field(repr=False, default=None)

    def line(self, offset: int) -> int:
        """The line, from 1, of an offset; in a notebook, the line of its file."""
        row = bisect_right(self._starts, offset)
        return row if self._lines is None else self._lines[min(row, len(self._lines)) - 1]

    def column(self, offset: int) -> int:
        """The column, from 1."""
        return offset - self._starts[bisect_right(self._starts, offset) - 1] + 1

    def prose_before(self, fragment: Fragment) -> str:
        """The text between the previous display, or blank-line paragraph before that, and a fragment."""
        previous = [f for f in self.fragments if f.display and f.start < fragment.start]
        since = previous[-1].start + len(previous[-1].text) if previous else 0
        since = max([since, *(b.start for b in self.blocks if b.start < fragment.start)])
        return self.text[max(since, fragment.start - 2000) : fragment.start]


class Unreadable(ValueError):
    """The document as a whole is no text that could hold mathematics."""


def read(text: str, name: str = "") -> Source:
    r"""Take a document apart.

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
    text = text.replace("\r\n", "\n").lstrip("\ufeff") if "\r\n" in text else text.lstrip("\ufeff")
    if name.endswith(".ipynb") or (text.lstrip().startswith("{") and '"cells"' in text[:2000]):
        virtual, lines = _notebook(text)
        return _markdown(virtual, "notebook", lines)
    latex = name.endswith(".tex") or "\\documentclass" in text[:2000]
    if latex or (_MATH.search(text) and ("$" in text or "\\[" in text or "\\(" in text or "\\begin{" in text)):
        return _markdown(text, "latex" if latex else "markdown", None)
    return _plain(text)


def _starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer("\n", text)))


def _notebook(text: str) -> tuple[str, tuple[int, ...]]:
    """The Markdown cells one after the other, and for every line its line in the notebook's file."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"this notebook cannot be read: {error}") from None
    pieces: list[str] = []
    lines: list[int] = []
    searched = 0
    for cell in cells if isinstance(cells, list) else []:
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("markdown", "raw"):
            continue
        body = "".join(map(str, source)) if isinstance(source, list) else str(source)
        for line in [*body.split("\n"), ""]:
            place = text.find(json.dumps(line, ensure_ascii=False)[1:-1], searched) if line.strip() else -1
            if place < 0 and line.strip():
                place = text.find(json.dumps(line)[1:-1], searched)
            searched = max(searched, place)
            pieces.append(line)
            lines.append(text.count("\n", 0, searched) + 1)
    return "\n".join(pieces), tuple(lines) or (1,)


def _blanked(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _markdown(text: str, kind: str, lines: tuple[int, ...] | None) -> Source:
    blocks = [] if kind == "latex" else _blocks(text)
    body = text
    for block_start, block_end, _ in blocks:
        body = body[:block_start] + re.sub(r"[^\n]", " ", body[block_start:block_end]) + body[block_end:]
    declared = [Block(end, entries) for _, end, entries in blocks]
    declared += _comment_blocks(body)
    body = _DECLARATION.sub(_blanked, body)
    if kind == "latex":
        body = _COMMENT.sub(_blanked, body)
    known = macros(body)
    fragments: list[Fragment] = []
    for match in _MATH.finditer(body):
        found = match.lastgroup if match.lastgroup != "name" else "environment"
        group = next(
            (g for g in ("dollars", "bracket", "environment", "paren", "dollar", "fence", "code") if match.group(g)),
            None,
        )
        if group is None or group == "code" or found is None:
            continue
        inner, start = match.group(group), match.start(group)
        if group == "fence":
            opening = inner.split("\n", 1)[0].strip(" `~").lower()
            if opening not in ("math", "latex", "tex"):
                continue
            cut = inner.index("\n") + 1
            inner, start = inner[cut : inner.rindex("\n")], start + cut
        if group == "dollar" and "\n\n" in inner:
            continue
        if group == "environment":
            inner, start = match.group(0), match.start()
        fix = repaired(inner, expansions(inner, known))
        fragments.append(Fragment(fix.text, start, group not in ("paren", "dollar"), fix))
        if len(fragments) >= MOST_FRAGMENTS:
            break
    return Source(text, kind, tuple(fragments), tuple(declared), _headings(body), _starts(text), lines)


def _headings(text: str) -> tuple[Heading, ...]:
    found = []
    for match in _HEADING.finditer(text):
        title = next(
            (match.group(g) for g in ("hash", "tex", "strong", "bold", "part", "line") if match.group(g)), ""
        ).strip()
        part = match.group("part") or match.group("deep") or _PART.fullmatch(title)
        found.append(Heading(match.start(), title, 2 if part else 1))
    return tuple(found)


def _blocks(text: str) -> list[tuple[int, int, tuple[tuple[int, str], ...]]]:
    found = []
    position = 0
    while match := _BLOCK.search(text, position):
        body = match.group("body")
        filled = [line for line in body.split("\n") if line.strip()]
        if filled and sum(bool(_LOOKS_DECLARED.fullmatch(line)) for line in filled) * 2 > len(filled):
            offset, entries = match.start("body"), []
            for line in body.split("\n"):
                if line.strip():
                    entries.append((offset, line.strip()))
                offset += len(line) + 1
            found.append((match.start(), match.end(), tuple(entries)))
            position = match.end()
        else:
            position = match.start() + 3
    return found


def _comment_blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    entries: list[tuple[int, str]] = []
    end = -1
    for match in _DECLARATION.finditer(text):
        if entries and text[end : match.start()].strip():
            blocks.append(Block(end, tuple(entries)))
            entries = []
        entries.append((match.start("line"), match.group("line").strip()))
        end = match.end()
    return [*blocks, Block(end, tuple(entries))] if entries else blocks


def _plain(text: str) -> Source:
    """Lines that are formulas, consecutive ones being one display, and the formulas inside other lines."""
    blocks = _blocks(text)
    body = text
    for first, last, _ in blocks:
        body = body[:first] + re.sub(r"[^\n]", " ", body[first:last]) + body[last:]
    places: list[tuple[int, int, bool]] = []
    run: tuple[int, int] | None = None
    offset = 0
    for line in [*body.split("\n"), ""]:
        label = _LABEL.match(line)
        labelled = label is not None and _is_formula(line[label.end() :])
        if run is not None and (labelled or not _is_formula(line)):
            places.append((*run, True))
            run = None
        if label is not None and labelled:
            run = (offset + label.end(), offset + len(line))
        elif _is_formula(line):
            run = (offset if run is None else run[0], offset + len(line))
        else:
            places += [(offset + first, offset + last, False) for first, last in _formulas(line)]
        offset += len(line) + 1
    fragments = []
    for first, last, display in places[:MOST_FRAGMENTS]:
        fix = repaired(text[first:last])
        fragments.append(Fragment(fix.text, first, display, fix, plain=True))
    declared = tuple(Block(last, entries) for _, last, entries in blocks)
    numbered = (Heading(m.start(), m.group("title"), 2) for m in _NUMBERED.finditer(body))
    headings = sorted([*_headings(body), *numbered], key=lambda heading: heading.start)
    return Source(text, "text", tuple(fragments), declared, tuple(headings), _starts(text))


def _formulas(line: str) -> list[tuple[int, int]]:
    """The equations inside a line of prose.

    >>> line = "For later, let f(x) = log(1 + x) and g = 2 y, say."
    >>> [line[first:last] for first, last in _formulas(line)]
    ['f(x) = log(1 + x)', 'g = 2 y']
    """
    found: list[tuple[int, int]] = []
    if len(line) > 4000 or not re.search(r"[=<>≤≥≠∈]", line):
        return found
    run: tuple[int, int] | None = None
    for match in [*re.finditer(r"\S+", line), None]:
        word = match.group() if match else ""
        bare = word.strip(".,;:!?")
        prose = not bare or bool(_ordinary(bare)) or _is_small_word(bare)
        if match is not None and not prose:
            run = (match.start() if run is None else run[0], match.start() + len(word.rstrip(".,;:!?")))
        if run is not None and (match is None or prose or word[-1] in ".,;:!?"):
            if re.search(r"[^\s=<>≤≥≠∈]\s*(?:[=<>≤≥≠∈]|:=|!=)\s*\S", line[run[0] : run[1]]):
                found.append(run)
            run = None
    return found


def _is_small_word(word: str) -> bool:
    """Articles, prepositions and conjunctions of one or two letters."""
    known = word.lower() in FUNCTIONS or word in GREEK or word.startswith("d")
    return bool(re.fullmatch("[A-Za-zÀ-ÿА-я]{2}|[а-яА-ЯàÀ]", word)) and not known


def _is_formula(line: str) -> bool:
    if len(line) > 4000 or not re.search(r"[=≤≥<>≠≈]", line):
        return False
    return not _ordinary(line) and not re.search(r"[:?]\s*$|\. [A-Z]", line)


def _ordinary(line: str) -> list[str]:
    """The words of a line that are no mathematics: neither functions, nor Greek letters, nor names with scripts."""
    found = []
    for match in _WORD.finditer(_RAISED.sub(" ", line)):
        word, behind = match.group(), line[match.end() : match.end() + 1]
        bare = word[1:] if word.startswith("d") and word[1:] in GREEK else word
        if len(word) <= 2 or word.lower() in FUNCTIONS or bare in GREEK or behind in ("_", "(", "'"):
            continue
        found.append(word)
    return found
