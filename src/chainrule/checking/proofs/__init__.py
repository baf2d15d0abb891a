"""Proofs of rules, of identities and of users' gradients, in exact numbers: for all inputs, not at some."""

from chainrule.checking.proofs.identity_proofs import prove_identity
from chainrule.checking.proofs.proof import Proof, joined_outcomes
from chainrule.checking.proofs.rule_proofs import prove_rule

__all__ = ["Proof", "joined_outcomes", "prove_identity", "prove_rule"]
