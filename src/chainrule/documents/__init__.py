"""Written derivations, checked relation by relation.

A reader (`sources`, `reader`) translates a document into the strict language, in which every node has one meaning
(`language`). Proofs and counterexamples decide its claims (`evidence`), one table turns evidence into words
(`verdicts`), wrong claims get a change that makes them true (`repairs`), and `reports` tell it in several forms.

>>> from chainrule.documents import check_derivation
>>> check_derivation(r"$$(x + 1)^2 = x^2 + 2x + 1$$").exit_code
0
"""

from chainrule.documents.checked import check_derivation
from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.sources.opening import Unreadable

__all__ = ["CheckedStep", "Report", "Unreadable", "check_derivation"]
