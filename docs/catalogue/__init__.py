"""The catalogue of what chainrule computes: systems, operators, numeric examples, and the code behind each identity.

Formulas are plain text in the notation of the rules. `where` holds dotted paths of public names, `tests` holds pytest
node ids; a node id without parameters means the test with all of its parameters.
"""

from docs.catalogue.examples import EXAMPLES, Example
from docs.catalogue.identities import WHERE
from docs.catalogue.operators import OPERATORS, Operator
from docs.catalogue.rule_claims import RULE_CLAIMS
from docs.catalogue.systems import SYSTEMS, System

__all__ = ["EXAMPLES", "OPERATORS", "RULE_CLAIMS", "SYSTEMS", "WHERE", "Example", "Operator", "System"]
