"""What chainrule computes, one record each: systems, operators and numeric examples, and where the identities live.

Formulas are plain text in the notation of the rules. Where something lives is a dotted path to a public name; a test is
a pytest node id, without parameters where all of them count.
"""

from docs.catalogue.examples import EXAMPLES, Example
from docs.catalogue.identities import WHERE
from docs.catalogue.operators import OPERATORS, Operator
from docs.catalogue.systems import SYSTEMS, System

__all__ = ["EXAMPLES", "OPERATORS", "SYSTEMS", "WHERE", "Example", "Operator", "System"]
