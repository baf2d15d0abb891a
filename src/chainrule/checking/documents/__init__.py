"""Written derivations, checked step by step: `chainrule check notes.md`.

>>> from chainrule.checking.documents import check_derivation
>>> check_derivation(r"$$(x + 1)^2 = x^2 + 2x + 1$$").exit_code
0
"""

from chainrule.checking.documents.sources import Unreadable
from chainrule.checking.documents.verdicts import Note, Repair, Report, Step
from chainrule.checking.documents.walk import check_derivation

__all__ = ["Note", "Repair", "Report", "Step", "Unreadable", "check_derivation"]
