"""A layer: a rule, the parameters among its inputs, and the shapes of its input and output."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.rules.rule import Rule
from chainrule.rules.windows import Windows
from chainrule.workspace import Workspace

Shape: TypeAlias = tuple[int, ...]
Initialiser: TypeAlias = Callable[[np.random.Generator, Shape], Any]


def zeros(stream: np.random.Generator, shape: Shape) -> Any:
    """Zeros."""
    return np.zeros(shape)


def ones(stream: np.random.Generator, shape: Shape) -> Any:
    """Ones."""
    return np.ones(shape)


def uniform(bound: float) -> Initialiser:
    """An initialiser that draws uniform values within +-bound."""
    return lambda stream, shape: stream.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class Parameter:
    """A learned input of a layer's rule.

    Parameters
    ----------
    name : str
        The rule's name for it: weight, bias, ...
    shape : tuple of int
    penalised : bool
        True for a weight, to which penalties apply; False for a bias.
    initial : callable
        ``initial(generator, shape)`` returns the initial values: an array of that shape, or one number.

    Examples
    --------
    >>> slope = Parameter("slope", (3,), initial=lambda generator, shape: 0.25)
    >>> slope.size, slope.penalised
    (3, False)
    """

    name: str
    shape: Shape
    penalised: bool = False
    initial: Initialiser = zeros

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Layer:
    """One rule of a network. Its first input is the output of the layer before, the others are its parameters.

    Parameters
    ----------
    rule : Rule
    parameters : tuple of Parameter
        In the order of the rule's inputs after the first, without constants.
    in_shape, out_shape : tuples of int
        (features,), or channels, height and width. Without them the rule takes any shape, and keeps it.
    options : mapping
        Keyword arguments of the rule's forward.
    noise : callable, optional
        ``noise(generator, out, work)`` fills `out`, which has the input's shape, with the rule's second input. Training
        draws it at every step; outside training the layer is skipped.
    windows : Windows, optional
        The windows of the image that the outputs depend on; None where an output depends on one pixel or on all.
    words : str
        The words for the layer; by default the name of its rule.

    Raises
    ------
    ValueError
        If the names of the parameters differ from the rule's inputs, or the rule has no such option.

    Examples
    --------
    >>> from chainrule import rules
    >>> Layer(rules.scaled_sigmoid, (Parameter("slope", ()),)).out_shape
    ()
    """

    rule: Rule
    parameters: tuple[Parameter, ...] = ()
    in_shape: Shape = ()
    out_shape: Shape = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    noise: Callable[[np.random.Generator, Array, Workspace], Array] | None = None
    windows: Windows | None = None
    words: str = ""

    def __post_init__(self) -> None:
        wanted = tuple(name for name in self.rule.inputs[1:] if name not in self.rule.constants)
        given = tuple(parameter.name for parameter in self.parameters)
        if wanted != given:
            raise ValueError(f"a layer of {self.rule.name} needs the parameters {wanted}, got {given}")
        try:
            self.rule.check_call(self.rule.inputs, dict(self.options))
        except TypeError as error:
            raise ValueError(f"layer {self}: {error}") from None

    @property
    def n_weights(self) -> int:
        """The number of entries of its weights."""
        return sum(parameter.size for parameter in self.parameters if parameter.penalised)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of a forward pass for one input. Each weight is used for every pixel of the output."""
        return self.n_weights * math.prod(self.out_shape[1:])

    @property
    def may_be_head(self) -> bool:
        """True if its outputs may be logits: it has weights, and its output is a row of features.

        A layer with unpenalised parameters only, such as one gain per feature, needs a linear layer after it.
        """
        return self.rule.kind == "layer" and self.n_weights > 0 and len(self.out_shape) == 1

    @property
    def takes_codes(self) -> bool:
        """True if its input is a constant of the rule, such as codes of categories."""
        return self.rule.inputs[0] in self.rule.constants

    def check_out_shape(self) -> None:
        """Raise ValueError unless the rule takes one row of `in_shape` and puts out `out_shape`."""
        if self.noise is not None:
            return
        parameters = (np.zeros(parameter.shape) for parameter in self.parameters)
        try:
            output, _ = self.rule.forward(np.zeros((1, *self.in_shape)), *parameters, **self.options)
        except ValueError as error:
            shapes = ", ".join(f"{parameter.name} of shape {parameter.shape}" for parameter in self.parameters)
            takes = f"it has {shapes}, and {described(self.in_shape)} arrive"
            raise ValueError(f"layer {self}: {takes}: {error}") from error
        if tuple(output.shape) != (1, *self.out_shape):
            raise ValueError(
                f"layer {self}: out_shape: expected {tuple(output.shape[1:])}, the shape that {self.rule.name} puts "
                f"out for {self.in_shape}, got {self.out_shape}"
            )

    def layer(self, in_shape: Shape) -> Self:
        """The layer itself: a stack may mix layers and specs."""
        return self

    def __repr__(self) -> str:
        return f"Layer({str(self)!r}, in_shape={self.in_shape}, out_shape={self.out_shape})"

    def __str__(self) -> str:
        return self.words or self.rule.name


def described(shape: Shape) -> str:
    """A shape for messages.

    >>> described((3, 8, 8)), described((5,))
    ('images of 3 x 8 x 8 (channels x height x width)', '5 features')
    """
    if len(shape) == 3:
        return f"images of {' x '.join(map(str, shape))} (channels x height x width)"
    return f"{shape[0]} features"
