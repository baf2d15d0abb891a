"""Words that set a derivative to zero, or that state a constraint; marks such as ⟦3⟧ stand for the formulas."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chainrule.documents.reader.prose.stated_words import DENIALS

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
_ZEROED = re.compile(
    rf"\b(?:set(?:ting)?|equat(?:e|ing))\b[^.]{{0,40}}?\b{_IT}\b[^.]{{0,40}}?(?:\b(?:to|equal to|with)|=) ?{_ZERO}"
    rf"|\b{_SLOPE}\b[^.]{{0,40}}?\b{_IS_ZERO}|\bvanishing {_SLOPE}|\b{_SLOPE}\b[^.]{{0,20}}gleich null"
    r"|first[- ]order (?:optimality )?conditions?|\bnormal equations?\b|\bnull\s?setz\w*|\bannul(?:e|ant|er|ons)\b"
    rf"|[ée]gal\w*[^.]{{0,40}}? à {_ZERO}|igual\w+[^.]{{0,40}}? a {_ZERO}|приравн\w+[^.]{{0,40}}{_ZERO}"
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
_BRACKETS = re.compile(r"[({\[][^(){}\[\]]*[)}\]]")
_SUPPOSED = re.compile(r"\b(?:would|could|might|were|würden?|könnten?|serait|бы)\b", re.IGNORECASE)
"""Words of what a text does not do."""

LONGEST = 80
"""Most characters of a formula that is a derivative, beside words for it."""


@dataclass(frozen=True)
class Zeroing:
    """Words that speak of a derivative that is zero.

    Attributes
    ----------
    place : int
        The number of the formula that they name, or of the last piece before them.
    denied : bool
        True if they say that it is not set to zero.
    said : bool
        True if they say that it is zero; False if they set it to zero.
    several : bool
        True if they speak of several derivatives.
    """

    place: int
    denied: bool = False
    said: bool = False
    several: bool = False


def zeroing_in(text: str, first: int, formula: Callable[[int], str]) -> Zeroing | None:
    """The words of a sentence that speak of a derivative that is zero; None if it has none.

    Parameters
    ----------
    text : str
        A sentence with ⟦n⟧ for formula n.
    first : int
        The number of its first piece.
    formula : callable
        The text of a formula, by its number.

    >>> formulas = {4: "f'(x)", 5: "0", 6: "x = 1"}
    >>> zeroing_in("Setting the derivative ⟦4⟧ to ⟦5⟧, we get ⟦6⟧.", 3, formulas.__getitem__)
    Zeroing(place=4, denied=False, said=False, several=False)
    >>> zeroing_in("There the gradient vanishes.", 3, str)
    Zeroing(place=2, denied=False, said=True, several=False)
    >>> zeroing_in("We do not set both derivatives to zero.", 3, str)
    Zeroing(place=2, denied=True, said=False, several=True)
    """
    told = _MARK.sub(lambda mark: _as_word(mark.group(), formula(int(mark[1]))), text)
    match = _ZEROED.search(told)
    if match is None:
        return None
    denied = DENIALS.search(told, 0, match.end()) or _SUPPOSED.search(told)
    named = re.findall("derivative ⟦(\\d+)⟧ is 0", told)  # then it is this one
    numbers = named or _MARK.findall(told, 0, match.end())
    said, several = _SAID.match(match.group()), _SEVERAL.search(match.group())
    return Zeroing(int(numbers[-1]) if numbers else first - 1, bool(denied), bool(said), bool(several))


# What follows is private.


def _as_word(mark: str, formula: str) -> str:
    """The mark of a formula, behind the word for a derivative if it is one; 0 for the number."""
    if formula.strip() == "0":
        return "0"
    is_slope = len(formula) < LONGEST and _DERIVATIVE.search(formula) is not None
    *members, last = formula.split("=")
    is_zero = last.strip() == "0" and any(map(_is_derivative, members))
    return f"derivative {mark}{' is 0' if is_zero else ''}" if is_slope else mark


def _is_derivative(member: str) -> bool:
    """Whether a side of an equation may be one derivative: no sum, such as g - g' or (d/2) a - (d/2) b."""
    bare, found = member.strip(" &-"), _DERIVATIVE.search(member) is not None
    while (inside := _BRACKETS.sub("", bare)) != bare:
        bare = inside
    return found and "+" not in bare and "-" not in bare
