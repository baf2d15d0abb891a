"""Words that tell what follows from what in a sentence, in which marks such as ⟦3⟧ stand for the formulas."""

import re
from collections.abc import Callable

from chainrule.documents.reader.stated_words import DENIALS


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

_SLOPE = (
    r"(?:derivatives?|gradients?|slopes?|partials?|ableitung\w*|gradient\w*|d[ée]riv[ée]es?|derivadas?|gradiente|производн\w*"
    r"|градиент\w*|đạo hàm|导数|導數|梯度|偏导|微分|勾配|기울기|미분|그래디언트)"
)
_IT = rf"(?:{_SLOPE}|it|this|that|these|them|both|expressions?|equations?|results?|sides?)"
_ZERO = r"(?:zero|null|z[ée]ro|cero|нулю|零|ゼロ|0(?![.\d]))"
_IS_ZERO = (
    r"(?:vanish\w*|verschwinde\w*|s[’']annul\w*|se anula\w*"
    rf"|(?:is|are|be|equals?|to|sind|ist|gleich) (?:equal to )?{_ZERO})"
)
ZEROED = re.compile(
    rf"\b(?:set(?:ting)?|equat(?:e|ing))\b[^.]{{0,40}}?\b{_IT}\b[^.]{{0,40}}?(?:\b(?:to|equal to|with)|=) ?{_ZERO}"
    rf"|\b{_SLOPE}\b[^.]{{0,40}}?\b{_IS_ZERO}|\bvanishing {_SLOPE}|\b{_SLOPE}\b[^.]{{0,20}}gleich null"
    r"|first[- ]order (?:optimality )?conditions?|\bnormal equations?\b|\bnull\s?setz\w*|\bannul(?:e|ant|er|ons)\b"
    rf"|[ée]gal\w* à {_ZERO}|igual\w+ a {_ZERO}|приравн\w+[^.]{{0,40}}{_ZERO}"
    rf"|{_SLOPE}[^.。]{{0,12}}(?:равн\w+|bằng|等于|等於|为|為|=|を|が|를|을)\s?{_ZERO}",
    re.IGNORECASE,
)
"""Words that set a derivative to zero, or say that it is. Formulas that are derivatives count as the word."""

CONSTRAINED = re.compile(
    r"(?:\bsubject to|\bs\.\s?t\.|\b(?:under|with|by) the (?:side )?(?:constraints?|conditions?)(?: that)?"
    r"|\bconstrained (?:to|by)|\bnebenbedingung(?:en)?|\bsous (?:la |les )?contraintes?|\bsujeto a"
    r"|при (?:условии|ограничении)|约束|束縛条件|제약)"
    r"[:：,]?\s*⟦(\d+)⟧",
    re.IGNORECASE,
)
"""A constraint of a problem, with the number of its formula."""

_SAID = re.compile(rf"(?!set|equat).*(?:\b{_IS_ZERO}|\bvanishing|first[- ]order|normal eq)", re.IGNORECASE | re.DOTALL)
_SEVERAL = re.compile(
    r"\b(?:both|them|these|gradients|derivatives|partials|slopes|ableitungen|gradienten|dérivées|derivadas|производные)\b",
    re.IGNORECASE,
)
_MARK = re.compile("⟦(\\d+)⟧")
_DERIVATIVE = re.compile(r"\\partial|\\nabla|∂|∇|\\frac\s*\{?\s*d|\bd\w*/d\w|'")
_SUPPOSED = re.compile(r"\b(?:would|could|might|were|würden?|könnten?|serait|бы)\b", re.IGNORECASE)
"""Words of what a text does not do."""

LONGEST = 80
"""Most characters of a formula that is a derivative, beside words for it."""


def set_to_zero(text: str, first: int, formula: Callable[[int], str]) -> tuple[int, str] | None:
    """The number of the last formula before words that set a derivative to zero, and what they do.

    This is "set", or "said" where they say that it is zero, with "all" if they speak of several, or nothing if they
    deny it.

    Parameters
    ----------
    text : str
        A sentence with ⟦n⟧ for formula n.
    first : int
        The number of its first piece.
    formula : callable
        The text of a formula, by its number.

    >>> set_to_zero("Setting the derivative ⟦4⟧ to ⟦5⟧, we get ⟦6⟧.", 3, {4: "f'(x)", 5: "0", 6: "x = 1"}.__getitem__)
    (4, 'set')
    >>> set_to_zero("There the gradient vanishes.", 3, str)
    (2, 'said')
    >>> set_to_zero("We do not set the gradient to zero.", 3, str)
    (2, '')
    """
    told = _MARK.sub(lambda mark: _as_word(mark.group(), formula(int(mark[1]))), text)
    match = ZEROED.search(told)
    if match is None:
        return None
    denied = DENIALS.search(told, 0, match.end()) or _SUPPOSED.search(told)
    named = re.findall("derivative ⟦(\\d+)⟧ is 0", told)  # then it is this one
    numbers = named or _MARK.findall(told, 0, match.end())
    does = "said" if _SAID.match(match.group()) else "set"
    does += " all" if _SEVERAL.search(match.group()) else ""
    return int(numbers[-1]) if numbers else first - 1, "" if denied else does


def _as_word(mark: str, formula: str) -> str:
    """The mark of a formula, behind the word for a derivative if it is one; 0 for the number."""
    if formula.strip() == "0":
        return "0"
    is_slope = len(formula) < LONGEST and _DERIVATIVE.search(formula) is not None
    is_zero = re.search(r"=\s*0\s*\Z", formula) is not None
    return f"derivative {mark}{' is 0' if is_zero else ''}" if is_slope else mark
