"""A plan for many networks of one architecture, its members, which take every step together.

Outputs of layers have the shape (members, width, samples), and weights (members, outputs, inputs): a member's block is
contiguous, and all blocks of a layer are one matrix. Members of a sweep that see the same batches share the product of
the first layer, which takes most of a step. Elementwise passes need not know about members.

Factors s of the features, before the first weights W, are folded into W, so that the batch is not multiplied:

    W' = W diag(s),      dW = dW' diag(s),      ds_i = sum_o dW'_oi W_oi
"""

from typing import Any, TypeAlias

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, holds_labels, same_shape
from chainrule.kernels import kernel_of, linear_members
from chainrule.kernels.kernel import adapter, takes_compiled
from chainrule.networks.network import Network
from chainrule.networks.plan import Masks
from chainrule.networks.tiles import Stage, stages_of
from chainrule.workspace import Workspace

Blocks: TypeAlias = list[Array]
"""An array for each block of the network, with a first axis of members and weights as (outputs, inputs)."""


def takes_members(network: Network) -> bool:
    """True if a `MemberPlan` can train such networks: a linear layer first and last, and between them linear layers,
    elementwise activations and noise. A factor for each feature may stand before them."""
    linear, layers = (rules.linear, rules.affine), network.layers[_has_factors(network) :]
    return (
        all(len(shape) == 1 for shape in network.shapes)
        and all(
            layer.rule in linear or (not layer.parameters and (layer.rule.elementwise or layer.noise is not None))
            for layer in layers
        )
        and all(layers[end].rule in linear for end in (0, -1))
    )


def blocks_of(network: Network, flat: Array, members: int) -> Blocks:
    """The blocks of all members as views of one flat vector, in the order of a network's blocks."""
    found = []
    for block in network.blocks:
        start, size = members * block.start, members * block.parameter.size
        found.append(flat[start : start + size].reshape(members, *block.parameter.shape[::-1]))
    return found


def parts_of(network: Network, members: int) -> Array:
    """The first entry of each member's part of each block in the flat vector, and the vector's length."""
    blocks = sorted(network.blocks, key=lambda block: block.start)
    starts = [members * block.start + member * block.parameter.size for block in blocks for member in range(members)]
    return np.array([*starts, members * network.n_parameters])


def put_member(network: Network, blocks: Blocks, member: int, theta: Array) -> None:
    """Copy the flat vector of one network to a member."""
    for place, block in zip(blocks, network.blocks, strict=True):
        place[member] = block.view(theta).T


def member_of(network: Network, blocks: Blocks, member: int, *, out: Array) -> Array:
    """Copy a member to the flat vector of one network."""
    for place, block in zip(blocks, network.blocks, strict=True):
        block.view(out)[...] = place[member].T
    return out


class MemberPlan:
    """Buffers for steps of many networks on batches of `samples` samples.

    Parameters
    ----------
    network : Network
        The architecture of all members; `takes_members` must be true for it.
    samples : int
        Samples of a batch.
    members : int
    theta, gradient : array
        The flat vectors of the parameters of all members, and of their gradients; see `blocks_of`.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> network = mlp(2, (3,), 2)
    >>> theta, gradient = np.empty((2, 2 * network.n_parameters))
    >>> for seed in (0, 1):
    ...     put_member(network, blocks_of(network, theta, 2), seed, network.initial_parameters(seed))
    >>> plan = MemberPlan(network, 4, 2, theta, gradient)
    >>> x, labels = np.arange(8.0).reshape(1, 4, 2), np.array([[0, 1, 1, 0]])
    >>> losses = plan.losses_and_gradients(x, labels, None, np.zeros(2))
    >>> losses.shape, blocks_of(network, gradient, 2)[0].shape
    ((2,), (2, 3, 2))
    """

    def __init__(self, network: Network, samples: int, members: int, theta: Array, gradient: Array) -> None:
        if not takes_members(network):
            raise ValueError("a plan of many members is for linear layers, elementwise activations and dropout")
        self._network, self._samples, self._members = network, samples, members
        like, weights = theta, members * network.n_weights
        self._weights, self._slopes = theta[:weights], gradient[:weights]
        starts = parts_of(network, members)
        self._parts = starts[: np.searchsorted(starts, weights) + 1]
        self._theta, self._gradient = blocks_of(network, theta, members), blocks_of(network, gradient, members)
        self._factors: Any = None
        first = int(_has_factors(network))
        if first:
            self._factors = self._theta[:2], self._gradient[:2]
            # The passes use the folded weights only.
            self._theta[1], self._gradient[1] = np.empty_like(self._theta[1]), np.empty_like(self._theta[1])
        self._by_layer = [
            [number for number, block in enumerate(network.blocks) if block.layer == index]
            for index in range(len(network.layers))
        ]
        self._stages = stages_of(network, range(first, len(network.layers)), like)
        self._works = [Workspace() for _ in self._stages]
        self._work = Workspace()
        self._residuals: list[Any] = [None] * len(self._stages)
        shape = self._members, samples
        self._outputs = {
            stage.index: np.empty((self._members, stage.out_shape[0], samples), like.dtype)
            for stage in self._stages[:-1]
            if not stage.in_place
        }
        # With a class in each row, the loss takes all samples of all members as one batch.
        by_class = np.empty((network.out_features, *shape), like.dtype)
        self._logits, self._rows = by_class.transpose(1, 0, 2), by_class.reshape(network.out_features, -1).T
        self._fused: Any = kernel_of(network.loss, like).value_and_pullback or adapter(network.loss).value_and_pullback
        self._hidden = [block.parameter.shape[0] for block in network.blocks if block.parameter.penalised][1:]
        self._activations = _compiled_activations(network) if takes_compiled(like) else None
        self._equal = False
        self._losses, self._shares = np.empty((*shape, 1), like.dtype), np.empty((*shape, 1), like.dtype)

    def losses_and_gradients(
        self,
        x: Array,
        targets: Array,
        weights: Array | None,
        l2: Array,
        *,
        label_smoothing: float = 0.0,
        masks: Masks | None = None,
    ) -> Array:
        """The weighted mean loss of each member on its batch, plus its penalty. Writes the gradients.

        Parameters
        ----------
        x : (members, samples, in_features) array, or (1, samples, in_features) if all see the same batch
        targets : labels, (members, samples) or (1, samples), or such arrays of rows of targets
        weights : (members, samples) or (1, samples) array, optional
        l2 : (members,) array
            The penalty is l2 times the sum of the squared weights.
        label_smoothing : float
        masks : mapping, optional
            By the number of the layer, a mask of shape (members or 1, width, samples); without it, no dropout.

        Returns
        -------
        (members,) array
        """
        same_shape("a batch", x.shape[1:], (self._samples, self._network.in_features))
        self._divide(weights)
        losses, shares = self._losses, self._shares
        if self._factors is not None:
            linear_members.fold_factors(*self._factors[0], out=self._theta[1])
        if self._activations is not None and masks is None and holds_labels(targets) and x.flags.c_contiguous:
            self._passes(x, targets, label_smoothing)
        else:
            options = {"label_smoothing": label_smoothing} if label_smoothing else {}
            rows = shares.reshape(-1, 1), losses.reshape(-1, 1)
            self._forward(x.transpose(0, 2, 1), masks)
            self._fused(
                self._rows, self._of_all(targets), rows[0], out=(rows[1], self._rows), work=self._work, **options
            )
            self._backward()
        if self._factors is not None:
            linear_members.by_factors_and_weights(self._gradient[1], *self._factors[0], out=self._factors[1])
        means = np.einsum("mij,mij->m", losses, shares)
        if l2.any():
            every = np.tile(l2, (len(self._parts) - 1) // self._members)
            penalties = linear_members.add_penalty(self._weights, self._slopes, self._parts, every, work=self._work)
            means += penalties.reshape(-1, self._members).sum(axis=0)
        return means

    # What follows is private.

    def _parameters(self, blocks: Blocks, stage: Stage) -> Blocks:
        return [blocks[number] for number in self._by_layer[stage.index]]

    def _passes(self, x: Array, labels: Array, label_smoothing: float) -> None:
        """Both passes in one compiled call, which needs memory for the logits of one member only."""
        from chainrule.kernels.loops.member_passes import passes_of_members  # imports numba

        samples, work, like = self._samples, self._work, self._losses
        hidden = [(self._members, width, samples) for width in self._hidden]
        passes_of_members(
            x,
            labels,
            self._shares[:, :, 0],
            float(label_smoothing),
            _weights_and_biases(self._theta),
            _weights_and_biases(self._gradient),
            tuple(work(f"output {number}", shape, like) for number, shape in enumerate(hidden)),
            tuple(work(f"slopes {number}", shape, like) for number, shape in enumerate(hidden)),
            self._activations,
            work("logits", (self._network.out_features, samples), like),
            self._losses[:, :, 0],
            work("room", (3, samples), like),
        )

    def _forward(self, x: Array, masks: Masks | None) -> None:
        for at, stage in enumerate(self._stages):
            out = self._logits if at == len(self._stages) - 1 else self._outputs.get(stage.index, x)
            if stage.layer.parameters:
                weight, *bias = self._parameters(self._theta, stage)
                self._residuals[at] = x
                linear_members.products(weight, x, out=out)
                for one in bias:
                    linear_members.add_bias(out, one)
                x = out
            elif stage.layer.noise is None:
                work, options = self._works[at], stage.layer.options
                x, self._residuals[at] = stage.kernel.forward(x, out=out, work=work, **options)
            elif masks is not None:
                x, self._residuals[at] = stage.kernel.forward(x, masks[stage.index], out=out, work=self._works[at])

    def _divide(self, weights: Array | None) -> None:
        """Write each sample's share of the mean."""
        if weights is not None:
            np.divide(weights, weights.sum(axis=1, keepdims=True), out=self._shares[:, :, 0])
            self._equal = False
        elif not self._equal:
            self._shares[...] = 1 / self._samples
            self._equal = True

    def _of_all(self, targets: Array) -> Array:
        """The targets of all samples of all members."""
        if len(targets) < self._members:
            every = (self._members, *targets.shape[1:])
            buffer = self._work("targets", every, self._losses, targets.dtype)
            buffer[...] = targets
            targets = buffer
        return targets.reshape(-1, *targets.shape[2:])

    def _backward(self) -> None:
        cotangent = self._logits
        for at in range(len(self._stages) - 1, -1, -1):
            stage, residuals = self._stages[at], self._residuals[at]
            self._residuals[at] = None
            if stage.layer.parameters:
                to_weight, *to_bias = self._parameters(self._gradient, stage)
                linear_members.products_by_weights(cotangent, residuals, out=to_weight)
                for one in to_bias:
                    linear_members.sum_samples(cotangent, out=one)
                if at > 0:
                    weight = self._parameters(self._theta, stage)[0]
                    to_input = self._work(f"cotangent {at}", residuals.shape, residuals)
                    cotangent = np.matmul(weight.transpose(0, 2, 1), cotangent, out=to_input)
            elif stage.layer.noise is None:
                out = cotangent
                if stage.layer.rule.needs == "input":
                    out = self._work(f"cotangent {at}", cotangent.shape, cotangent)
                cotangent = stage.kernel.pullback(residuals, cotangent, out=out, work=self._works[at])
            elif residuals is not None:
                stage.kernel.pullback(residuals, cotangent, out=(cotangent, None), work=self._works[at])


def _has_factors(network: Network) -> bool:
    """True if the first layer is a factor for each feature, and not the only one."""
    return network.layers[0].rule is rules.scaling and len(network.layers) > 1


def _weights_and_biases(blocks: Blocks) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    first = len(blocks) % 2  # after the factors
    return tuple(blocks[first::2]), tuple(blocks[first + 1 :: 2])


def _compiled_activations(network: Network) -> tuple[int, ...] | None:
    """The numbers of the activations of the hidden layers in compiled code; None for a network that it cannot run."""
    from chainrule.kernels.loops.member_passes import ACTIVATIONS  # imports numba

    built_in = {rules.get(name): number for number, name in enumerate(ACTIVATIONS)}
    numbers: list[int] = []
    layers = list(network.layers[_has_factors(network) :])
    if network.loss is not rules.softmax_cross_entropy or layers.pop().rule is not rules.affine:
        return None
    while layers:
        number = built_in.get(layers.pop().rule) if layers[-1].rule in built_in else 0
        if not layers or layers.pop().rule is not rules.affine:
            return None
        numbers.insert(0, number or 0)
    return tuple(numbers) or None
