"""Rules composed: layers, networks with one flat parameter vector, plans that own the buffers, and traces."""

from chainrule.networks.layers import Layer, Parameter, activation, dropout, linear
from chainrule.networks.network import Block, Network, mlp
from chainrule.networks.plan import Plan
from chainrule.networks.trace import Step, Trace, trace

__all__ = [
    "Block",
    "Layer",
    "Network",
    "Parameter",
    "Plan",
    "Step",
    "Trace",
    "activation",
    "dropout",
    "linear",
    "mlp",
    "trace",
]
