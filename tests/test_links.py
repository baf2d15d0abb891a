"""Links and paths that pages, READMEs, docstrings and comments give lead to files and headings that exist.

Sphinx checks the pages of docs where it is installed, and no other file. Addresses on the network are for .ci/release.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "src/**/*.md", "tests/**/README.md", "benchmarks/**/README.md")
    for page in ROOT.glob(pattern)
    if not {"build", "api", "howto", "rules"} & set(page.relative_to(ROOT).parts)  # what the site's build writes
)
TEXTS = [
    *(page for page in PAGES if page.name != "CHANGELOG.md"),  # which names what was
    *(
        ROOT / name
        for name in ("action.yml", "CITATION.cff", "pyproject.toml", ".ci/run", ".ci/rest.py", ".ci/release")
    ),
    *(path for folder in ("src", "docs", "examples", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))),
]
GENERATED = {"api/index", "howto/index", "rules/index"}
"""Pages of the site that its build writes; a page of howto stands for an example."""


def without_code(text):
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)


def links(text):
    """The paths and headings on this machine that a Markdown page links to, and the pictures that it shows."""
    found = re.findall(r"\]\(<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"", without_code(text))
    every = [one or other for one, other in found] + re.findall(r"^:link: (\S+)", text, re.MULTILINE)
    return [link for link in every if not re.match(r"[a-z]+:", link)]


def headings(text):
    """The names that GitHub and Sphinx give the headings of a page, and those before them in parentheses."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)", plain, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
    return slugs | set(re.findall(r"^\(([\w-]+)\)=", plain, re.MULTILINE))


def lost(page, link):
    """What a link of a page lacks; empty if nothing."""
    path, _, heading = link.partition("#")
    target = page if not path else (page.parent / path).resolve()
    site = str(target.relative_to(ROOT / "docs")).removesuffix(".md") if target.is_relative_to(ROOT / "docs") else ""
    example = ROOT / "examples" / f"{site.removeprefix('howto/')}.py"
    if site in GENERATED or (site.startswith("howto/") and example.is_file()):
        return ""
    if not target.exists():
        target = target.with_name(f"{target.name}.md")  # as Sphinx names pages
    if not target.exists():
        return "there is no such file"
    return "" if not heading or heading in headings(target.read_text("utf-8")) else "there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    found = {link: lost(page, link) for link in links(page.read_text("utf-8"))}
    assert {link: fault for link, fault in found.items() if fault} == {}


def test_paths_in_texts_exist():
    named = {}
    for path in TEXTS:
        text = path.read_text("utf-8")
        for name in re.findall(r"(?<![\w./-])((?:docs|examples|benchmarks|tests|src)/[\w/.-]+\.[a-z]{2,4})\b", text):
            if "NAME" not in name and not (ROOT / name).exists():
                named.setdefault(name, str(path.relative_to(ROOT)))
    assert named == {}


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("tour.md", ""),
        ("tour.md#a-gradient-of-your-own", ""),
        ("tour.md#nowhere", "there is no such heading"),
        ("nowhere.md", "there is no such file"),
        ("howto/own_rule", ""),
        ("howto/nowhere", "there is no such file"),
    ],
)
def test_a_lost_link_is_detected(link, fault):
    text = f"[a]({link}), [b](https://example.org), `[c](code)`, ``[`d`](code)``"
    assert links(text) == [link]
    assert lost(ROOT / "docs" / "index.md", link) == fault


STARTS = re.compile(r"^ *(?:%|\+\+\+|\(\w+\)=|[-+*] |1[.)] |>)")
"""What MyST takes for a comment, a break, a target, a list or a quotation if a line begins with it."""


def misread(text):
    """Lines amid a paragraph that begin like something else, which the site shows as that, or not at all."""
    plain = re.sub(r"^( *)(```+|~~~+).*?^\1\2", "", text, flags=re.DOTALL | re.MULTILINE)
    found, before = [], ""
    for line in plain.splitlines():
        inside = before.strip() and not before.lstrip().startswith(("#", "|", "<", "(", "-", "+", "*", ">", ":"))
        inside = inside and not re.match(r" *\d+[.)] |  +", before)
        if STARTS.match(line) and (line.startswith("%") or inside):
            found.append(line)
        before = line
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_of_a_paragraph_is_read_as_something_else(page):
    assert misread(page.read_text("utf-8")) == []


def test_a_misread_line_is_detected():
    assert misread("It takes 7\n% of the time.") == ["% of the time."]
    assert misread("It is the sum of a\n+ b, and\nmore") == ["+ b, and"]
    assert misread("It takes\n1. A fit") == ["1. A fit"]
    assert misread("A list:\n\n- one\n- two\n\n```\na\n% b\n```\n") == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_no_list_is_wrapped_into_a_paragraph(page):
    """Wrapping lines again must not join the items of a numbered list."""
    plain = without_code(page.read_text(encoding="utf-8"))
    assert re.findall(r"^.*[.:;)] [2-9]\. [A-Z].*$", plain, re.MULTILINE) == []
