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
    r"|spalten|composantes|éléments|colonnes|entradas|elementos|componentes|columnas|colunas"
    r"|элементами|компонентами|столбцами|phần tử)"
)
_LEAD = r"\s*(?:(?:only|all|strictly|nur|lauter|real|des|de|sus|các)\s+)*"
_OF_ENTRIES = (
    re.compile(rf"{_LEAD}(?:{FACTS.pattern})\s+(?:real\s+)?{_ENTRIES}\b", re.IGNORECASE),
    re.compile(rf"{_LEAD}{_ENTRIES}\s+(?:(?:that|which|are|all|strictly)\s+)*(?:{FACTS.pattern})\b", re.IGNORECASE),
)
"""Entries of which all the same is said, as something that a name has."""
_PLAIN = re.compile(
    r"[\s(\"'“]*(?:(?:an?|the|both|all|each|every|any|some|real|strictly|fixed|given|constant|arbitrary|always|either"
    r"|square|again|also|eine?[rnms]?|der|die|das|beide|reelle?\w*|feste?\w*|une?|des|le|la|les|réels?|réelles?|una|el"
    r"|los|las|ambos|real(?:es)?|uma?|os?|as?|một|các)\s+)*",
    re.IGNORECASE,
)
"""Words that may stand before a fact or a noun, if there is no verb."""
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
    every = _HAS.finditer(what)
    cut = next((has.start() for has in every if not any(each.match(what, has.end()) for each in _OF_ENTRIES)), None)
    if cut is None and before_name:
        cut = next((on.start() for on in _GOES_ON.finditer(what) if NEAR.search(what[on.end() :])), None)
    return (what, "") if cut is None else (what[:cut], what[cut:])
