"""Heads in bounded memory: a linear map, softmax and cross entropy in one, without all logits at once."""

from chainrule.heads.chunks import Gradients
from chainrule.heads.linear_cross_entropy import LinearCrossEntropy, linear_cross_entropy

__all__ = ["Gradients", "LinearCrossEntropy", "linear_cross_entropy"]
