"""Rules composed: layers, networks with one flat parameter vector, plans that own the buffers, and traces."""

from chainrule.networks.layers import Layer, Parameter, activation, dropout, linear
from chainrule.networks.network import Block, Network, mlp
from chainrule.networks.plan import Plan
from chainrule.networks.specs import Activation, Conv, Dropout, Flatten, GlobalPool, Linear, Pad, Pool
from chainrule.networks.stack import layers_of, network_of_layers
from chainrule.networks.summary import Summary, summarise
from chainrule.networks.trace import Step, Trace, trace

__all__ = [
    "Activation",
    "Block",
    "Conv",
    "Dropout",
    "Flatten",
    "GlobalPool",
    "Layer",
    "Linear",
    "Network",
    "Pad",
    "Parameter",
    "Plan",
    "Pool",
    "Step",
    "Summary",
    "Trace",
    "activation",
    "dropout",
    "layers_of",
    "linear",
    "mlp",
    "network_of_layers",
    "summarise",
    "trace",
]
