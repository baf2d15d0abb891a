"""Which of the words behind a name speak of it, and which of what it has, of what it does, or of the next name.

In "let x be an example with one-hot vector y", y is one-hot, and x need not be a vector. "A matrix with positive
entries" has a fact about the matrix all the same.
"""

from __future__ import annotations

import re

from chainrule.documents.reader.prose.stated_words import FACTS, NEAR, NOUNS

_HAS = re.compile(
    r"\b(?:with|has|have|having|whose|contain(?:s|ing)?|includ(?:es|ing)|mit|hat|haben|deren|dessen|avec|ayant|dont|con"
    r"|tiene[ns]?|cuy[oa]s?|com|tem|со?|имеет|có|với)\s",
    re.IGNORECASE,
)
"""After these a sentence speaks of what something has."""
_ENTRIES = (
    r"(?:entries|elements|components|coordinates|coefficients|columns|values|einträge\w*|elemente\w*|komponenten"
    r"|spalten|composantes|coefficients|éléments|colonnes|entradas|elementos|componentes|columnas|colunas"
    r"|элементами|компонентами|столбцами|phần tử)"
)
_OF_ENTRIES = re.compile(
    rf"\s*(?:(?:only|all|strictly|nur|lauter|real|des|de|sus|các)\s+)*"
    rf"(?:(?:{FACTS.pattern})\s+(?:real\s+)?{_ENTRIES}|{_ENTRIES}\s+(?:(?:that|which|are|all|strictly)\s+)*"
    rf"(?:{FACTS.pattern.replace('?P<', '?P<of_')}))\b",
    re.IGNORECASE,
)
"""What something has: entries of which all the same is said."""
_PLAIN = re.compile(
    r"[\s(\"'“]*(?:(?:an?|the|both|all|each|every|any|some|real|strictly|fixed|given|constant|arbitrary|always|either"
    r"|square|again|also|eine?[rnms]?|der|die|das|beide|reelle?\w*|feste?\w*|une?|des|le|la|les|réels?|réelles?|una|el"
    r"|los|las|ambos|real(?:es)?|uma?|os?|as?|một|các)\s+)*",
    re.IGNORECASE,
)
"""What may stand before a fact or a noun, if there is no verb."""
_GOES_ON = re.compile(r"\b(?:and|or|but|which|that|und|oder|et|ou|y|e|o|и)\s", re.IGNORECASE)


def own_words(after: str, what: str, *, before_name: bool) -> tuple[str, str]:
    """The words that speak of a name, and the others.

    Parameters
    ----------
    after : str
        The words between the name and the next sign or formula.
    what : str
        These without the verb at their beginning: "is", "denotes".
    before_name : bool
        Whether another name follows them.

    Examples
    --------
    >>> own_words(" be an example with one-hot vector ", "an example with one-hot vector ", before_name=True)
    ('an example ', 'with one-hot vector ')
    >>> own_words(" be a matrix with positive entries", "a matrix with positive entries", before_name=False)
    ('a matrix with positive entries', '')
    >>> own_words(" and predicts the positive number ", "and predicts the positive number ", before_name=True)
    ('', 'and predicts the positive number ')
    """
    has_verb = after.strip() != what.strip() or not after.strip()[:1].isascii()
    if not has_verb:
        plain = _PLAIN.match(what)
        start = plain.end() if plain else 0
        if not any(words.match(what, start) for words in (FACTS, NOUNS, _HAS)):
            return "", what
    end = len(what)
    for match in _HAS.finditer(what):
        if not _OF_ENTRIES.match(what, match.end()):
            end = match.start()
            break
    for match in _GOES_ON.finditer(what, 0, end):
        rest = what[match.end() : end]
        if before_name and end == len(what) and (near := NEAR.search(rest)) and near.end() == len(rest):
            end = match.start()
            break
    return what[:end], what[end:]
