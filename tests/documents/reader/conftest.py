"""Written trees in a compact notation for tests.

Symbols are their names, words stand between apostrophes, `bold:x` has a font and `hat(x)` an accent. `x_[i]^[2]'` has
scripts and a prime, `{a b}` are parts side by side, `{a * b}` parts with a joint, `<a -b>` terms with signs, `⟨a, b⟩` a
list, `f/(a; b)` a fraction, `d/(partial L; x)` a derivative, `cmp(i = j)` a relation, `(`a, b`)` brackets between
backticks, SUM_[..]^[..] a big operator, and `??..??` what is not read.
"""

from __future__ import annotations

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import relation_text, text_of
from chainrule.documents.reader.declaring.declarations import Block
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.readings import Besides
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.prose.stated_in_sentences import stated_in
from chainrule.documents.reader.reading import read
from chainrule.documents.reader.structure.statements import statements_of
from chainrule.documents.reader.syntax import written
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.translation.elaboration import Elaborator
from chainrule.documents.sources.opening import pieces_of


@pytest.fixture
def verdict_of():
    """The verdict on a formula, with declarations and a text before it."""

    def verdict_of(claim, declarations, before=""):
        return check_derivation(f"{before}$${claim}$$", declarations, repairs=False).steps[-1].verdict

    return verdict_of


CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


def notation(node):
    """A node as text."""
    return "∅" if node is None else SHOWN[type(node)](node)


def joined(parts, signs):
    shown = [notation(parts[0])]
    for sign, part in zip(signs, parts[1:], strict=True):
        shown.append(f" {sign} " if sign else " ")
        shown.append(notation(part))
    return "".join(shown)


def symbol(node):
    shown = repr(node.text) if node.is_word else node.text
    shown = f"{node.font}:{shown}" if node.font else shown
    for accent in node.accents:
        shown = f"{accent}({shown})"
    return shown


def scripts(node):
    lower = f"_[{notation(node.lower)}]" if node.lower is not None else ""
    return lower + (f"^[{notation(node.upper)}]" if node.upper is not None else "")


def bracketed(node):
    inside = "".join(
        notation(item) + (f"{separator} " if separator else "")
        for item, separator in zip(node.items, [*node.separators, ""], strict=False)
    )
    return f"`{node.kind}{inside}{CLOSING.get(node.kind, node.kind)}`"


def signed(node):
    shown = [
        f"{'-' if sign < 0 else '±' if sign == 0 else '+'}{notation(term)}"
        for term, sign in zip(node.terms, node.signs, strict=True)
    ]
    return f"<{' '.join(shown).removeprefix('+')}>"


def rows(node):
    return "; ".join(", ".join(notation(cell) for cell in row) for row in node.rows)


SHOWN = {
    written.Numeral: lambda node: str(node.value),
    written.Symbol: symbol,
    written.Scripted: lambda node: notation(node.base) + scripts(node) + "'" * node.primes,
    written.Listed: lambda node: f"⟨{', '.join(notation(item) for item in node.items)}⟩",
    written.Bracketed: bracketed,
    written.Beside: lambda node: f"{{{joined(node.parts, node.joints)}}}",
    written.Signed: signed,
    written.Fractional: lambda node: f"f/({notation(node.upper)}; {notation(node.lower)})",
    written.Root: lambda node: f"root({notation(node.inside)}{'; ' + notation(node.degree) if node.degree else ''})",
    written.Differentiation: lambda node: (
        f"d/({node.sign}{f'^{node.order}' if node.order > 1 else ''} {notation(node.subject)}; "
        f"{', '.join(notation(each) for each in node.variables)})"
    ),
    written.BigOperator: lambda node: node.kind.upper() + scripts(node),
    written.Comparing: lambda node: f"cmp({joined(node.members, node.relations)})",
    written.CasesOf: lambda node: f"cases({rows(node)})",
    written.Grid: lambda node: f"grid({rows(node)})",
    written.Noted: lambda node: f"noted({notation(node.inside)}; {notation(node.note)})",
    written.Dots: lambda node: "...",
    written.Words: lambda node: f'"{node.text}"',
    written.NotRead: lambda node: f"??{node.what}??",
}


def chain_notation(chain):
    relations = [link.relation + (f"[{notation(link.above)}]" if link.above else "") for link in chain.links]
    shown = joined(chain.members, relations)
    if chain.conditions:
        shown += " | " + " & ".join(notation(condition) for condition in chain.conditions)
    return shown + (f" #{chain.tag}" if chain.tag else "")


@pytest.fixture
def shown():
    """The chains of a formula in the compact notation."""
    return lambda text, macros=(): [chain_notation(chain) for chain in chains_of(text, macros)]


@pytest.fixture
def reading_of():
    """The reading of a text in Markdown."""
    return lambda text: read(pieces_of(text, "notes.md"))


@pytest.fixture
def state_of():
    """The state of a text in Markdown before any statement is read, under some hypotheses."""

    def of(text, **hypotheses):
        pieces = pieces_of(text, "notes.md").pieces
        formulas = {n: chains_of(each.text) for n, each in enumerate(pieces) if each.kind in ("display", "inline")}
        every = [(pieces[number], chain) for number, found in formulas.items() for chain in found]
        numbers = {id(piece): number for number, piece in enumerate(pieces)}
        inventory = Inventory.of(chain for _, chain in every)
        besides = Besides(Block(text), stated_in(pieces, formulas), numbers)
        return DocumentState(inventory, list(statements_of(every)), besides, **hypotheses)

    return of


@pytest.fixture
def claims(reading_of):
    """The claims of a text in the strict language."""

    def of(text):
        found = reading_of(text).derivation.claims
        return [relation_text(claim, chained=claim.follows is not None).partition(": ")[2] for claim in found]

    return of


@pytest.fixture
def definitions(reading_of):
    """The definitions of a text in the strict language, by name."""
    return lambda text: {d.name: text_of(d.body) for d in reading_of(text).derivation.definitions}


@pytest.fixture
def elaborated():
    """The term of a formula in the strict language, in a document where z, x and y have indices."""

    def of(formula, **options):
        chains = chains_of(formula)
        inventory = Inventory.of([*chains, *chains_of(r"z_i + x_j + \sum_k y_k")])
        return text_of(Elaborator(inventory, **options).term(chains[0].members[0]))

    return of
