"""Layers, networks with one flat parameter vector, plans that own the buffers of training, traces and summaries."""

from chainrule.networks import specs
from chainrule.networks.layer_words import Form, LayerSpec, option, register_layer, switch, unregister_layer, value
from chainrule.networks.layers import Layer, Parameter
from chainrule.networks.member_plan import MemberPlan
from chainrule.networks.network import Network, ParameterBlock, mlp, network_of_layers
from chainrule.networks.plan import Plan
from chainrule.networks.specs import *  # noqa: F403 - a new layer is public without a word here
from chainrule.networks.stack import layers_of
from chainrule.networks.summary import Summary, summarise
from chainrule.networks.trace import Trace, TraceStep, trace

__all__ = [
    "Form",
    "Layer",
    "LayerSpec",
    "MemberPlan",
    "Network",
    "Parameter",
    "ParameterBlock",
    "Plan",
    "Summary",
    "Trace",
    "TraceStep",
    "layers_of",
    "mlp",
    "network_of_layers",
    "option",
    "register_layer",
    "summarise",
    "switch",
    "trace",
    "unregister_layer",
    "value",
]
__all__ += specs.__all__
