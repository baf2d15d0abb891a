"""Words before a display that suppose an equation or solve it, and words with which the next ones follow from it."""

import re
from collections.abc import Iterable, Sequence

from chainrule.documents.reader.prose.concluding_words import OBTAINED
from chainrule.documents.reader.prose.sentence_roles import MARK
from chainrule.documents.reader.prose.stated_words import ANEW, CLAIMS, CONDITIONS, DENIALS, GENERAL
from chainrule.documents.sources.pieces import Piece

_EQUATION = (
    r"(?:equations?|conditions?|relations?|gleichung(?:en|ssystem)?|[ée]quations?|ecuaci(?:ón|ones)|equaç(?:ão|ões))"
)
_SUPPOSED = re.compile(
    r"(?:\b(?:such that|for which|satisf(?:y|ies|ying)|obey(?:s|ing)?|fulfil\w*|with|where|if|provided"
    r"|erfüll(?:t|en)|genüg(?:t|en)|so ?dass|für die|mit|wobei|wenn|falls"
    r"|tel(?:le)?s? que|vérifi(?:e|ent|ant)|satisfai(?:t|sant)|avec|où|si"
    r"|tal(?:es)? que|satisface[n]?|cumple[n]?|satisfaz(?:em)?|con|com|donde|onde|se"
    r"|так\w+,? что|удовлетворя\w+|с|где|если|sao cho|th[oỏ]ả? mãn|với|nếu)"
    rf"(?:\s+(?:the|this|an?|die|der|l[ae]|l[’']|el|uma?|una)?\s*(?:following |folgende )?{_EQUATION})?"
    r"|\b(?:suppos(?:e|ing)|assum(?:e|ing)|given|requir(?:e|es|ing)|imagine|angenommen|gegeben(?: sei)?"
    r"|supposons|supongamos|suponga|suponhamos|предположим|пусть|giả sử)(?: (?:first|now|also))?"
    r"(?:,? (?:that|dass|que|что|rằng))?"
    r"|\b(?:solv(?:e|es|ing)|solutions? (?:of|to)|roots? of|zeros? of|lös(?:en?|t|ung)|résou\w+|résol\w+"
    r"|res[ou]\w*lv\w+|soluci(?:ón|ones) de|risolv\w+|реш\w+|giải)\b[^.;]{0,60}"
    rf"|\b(?:consider|take|have|betrachten?(?: wir)?|considérons|consideremos)\s+(?:\w+\s+){{0,3}}{_EQUATION}(?:\s+of)?"
    rf"|(?:\A|[.。]\s*)\s*(?:(?:the|an?|die|der|l[ae]|el|a)\s+|l[’'])?{_EQUATION}"
    r"|解(?:下列|以下|如下)?(?:方程组?|方程式)|使得|使|满足|滿足|假设|假設|假定|如果|若|设|設)"
    r"\s*[:：,，]?\s*\Z",
    re.IGNORECASE,
)
"""The words directly before an equation that is supposed, or that is to be solved."""

_FOLLOWING = re.compile(
    r"\b(?:th[ea]n|which|implies|means?|divid\w+|subtract\w+|add(?:ing)?|multipl\w+|factor\w*|taking|simplif\w+"
    r"|solving|rearrang\w+|substitut\w+|equivalent\w*|or|i\.e\.|that is|und|oder|d[’']où|soit|puis|ou|o|de donde"
    r"|то|тогда)\b"
    r"|⇒|⇔|即|得|则|則|于是|从而|よって|따라서",
    re.IGNORECASE,
)
_TURNS = re.compile(
    r"\b(?:suppose|assum\w+|let|otherwise|conversely|instead|another|other|next|every|each|all|example|exercise"
    r"|sei|soit|sea|пусть)\b|设|設",
    re.IGNORECASE,
)
_SOLVED_FOR = re.compile(r"\b(?:solv\w+|rearrang\w+)[^⟦.]{0,20}\bfor\b", re.IGNORECASE)
ALTERNATIVES = re.compile(r"\\(?:text|mbox|mathrm)\s*\{\s*(?:or|oder|ou|o|или|hoặc|或)\b[^}]*\}|\\(?:lor|vee)\b|或")
"""Signs and words between the cases of a formula, of which none is claimed alone."""

LONGEST = 100
"""Most characters of the words between two equations, one of which follows from the other."""


def supposes(words: str) -> bool:
    """Whether words directly before a display suppose its equation, or say that it is to be solved.

    >>> supposes("Let ⟦3⟧ be a number with"), supposes("Solve the equation"), supposes("Hence the gradient is")
    (True, True, False)
    """
    found = _SUPPOSED.search(words)
    return found is not None and not (OBTAINED.search(words[: found.start()]) or CLAIMS.search(words[: found.start()]))


def follows(words: str) -> bool:
    """Whether words between two displays only say that the second one follows from the first, or nothing.

    >>> follows("Hence"), follows("Subtracting 3 from both sides gives"), follows(""), follows("In general,")
    (True, True, True, False)
    """
    if not words.strip(" \n,.;:"):
        return True
    leads = any(each.search(words) for each in (CLAIMS, OBTAINED, _FOLLOWING))
    others = _SOLVED_FOR.sub("", words)
    turns = any(each.search(others) for each in (_TURNS, DENIALS, GENERAL, ANEW, CONDITIONS))
    return leads and not turns and len(words) < LONGEST


def led_displays(pieces: Sequence[Piece], texts: Iterable[str]) -> tuple[set[int], set[int]]:
    """The numbers of displays whose equation is supposed, and of those that only follow from what is before them.

    `texts` are the sentences, with ⟦n⟧ for formula n. A display directly below a supposed equation belongs to its
    system.
    """
    equations, following = set[int](), set[int]()
    since, last = "", -1  # the words since the last display, and its number
    for text in texts:
        start = 0
        for mark in MARK.finditer(text):
            number = int(mark[1])
            if pieces[number].kind == "display":
                words = text[start : mark.start()]
                since += words
                if supposes(words) or (last in equations and not since.strip()):
                    equations.add(number)
                if follows(since):
                    following.add(number)
                start, since, last = mark.end(), "", number
        since += text[start:]
    return equations, following
