"""Words that tell what follows from what in a sentence, in which marks such as ⟦3⟧ stand for the formulas."""

import re


def _spaced(pattern: str) -> re.Pattern[str]:
    """A pattern in which a space stands for any spaces between words."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)


_GET = (
    r"(?:we|one|i)(?: then| now| again| also)? (?:get|obtain|find|have|see|compute|deduce|conclude|rewrite)s?(?: that)?"
    r"|(?:gives|yields|becomes)(?: us)?|(?:erhalten|bekommen) wir|wir (?:erhalten|bekommen)|on (?:obtient|trouve)"
    r"|obtenemos|se obtiene|получаем|ta được|得到?"
)
_FORMULAS = r"⟦\d+⟧(?:(?:\s*,)?\s*(?:and|und|et|y|и|và|和)?\s*⟦\d+⟧)*"
OBTAINED = _spaced(rf"(?:^|\b)(?:{_GET})\s*(?:{_FORMULAS}\s*,?\s*(?:and|und|et|y|и|và|和)?\s*)?\Z")
"""The words before a formula that is found, whatever the sentence supposes before."""

FOLLOWING = _spaced(
    r"⟦\d+⟧\s*[,，]?\s*(?:then|dann|alors|entonces|тогда|то|thì|则|那么)\b,?\s*\Z"
    r"|(?:\A|\n\s*(?:[-*+•]|\d+\.)\s)\W*(?:if|when|wenn|falls|si|quand|cuando|если|khi|nếu) ⟦\d+⟧\s*[,，]\s*\Z"
)
"""The words of a sentence before the formula that follows from its condition."""
GOES_ON = re.compile(r"\s*[,;.]?\s*(?:and|but|while|whereas|und|et|y|e|и|và)\b", re.IGNORECASE)
"""Words between a display and a condition of the next one: "and for"."""
LEADS_ON = _spaced(rf"{_FORMULAS}\s*,?\s*(?:then )?(?:{_GET})(?!\w)")
"""A condition, with words for what it leads to."""

SUPPOSING = re.compile(
    r"\b(?:if|when|whenever|suppose|assum\w+|let|provided|wenn|falls|si)\s+(?:that\s+)?\Z", re.IGNORECASE
)
"""The words before these that make a supposition of them: suppose we have a = b."""

_RULE = r"(?:the )?(?:\w+[ -]){1,3}rule"
_LEAD = (
    r"(?:(?:and|but|moreover|furthermore|similarly|likewise|finally|differentiating(?: again| once more)?),?\s*)?"
    r"(?:(?:then|therefore|hence|thus|so|dann|daher|also|donc|alors|ainsi|entonces|luego|тогда|значит|vậy|则|所以|因此)"
    rf",?\s*)?(?:(?:by|with|using) {_RULE},?\s*|it follows(?: that)?\s*)?"
    rf"(?:(?:{_RULE} |this |which |that )?(?:{_GET}))?"
)
_CONCLUSION = rf"(?>(?=\w){_LEAD})\s*(?>{_FORMULAS})"
CONCLUDED = _spaced(rf"\s*{_CONCLUSION}(?:\s*[,;]?\s*{_CONCLUSION})*\s*[.。;]?\s*")
"""A sentence that says nothing but formulas behind words for what follows."""

HEDGE = re.compile(r",?\s{0,9}\bunless\s+[^.⟦⟧]{0,60}\b(?:otherwise|else)\b[^.⟦⟧]{0,60}", re.IGNORECASE)
"""Words that leave a statement as it is: unless we say something else."""
