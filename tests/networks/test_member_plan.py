"""Plans of many networks: each member has the loss and the gradient of a plan of its own."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.networks import MemberPlan, Plan, mlp, network_of_layers
from chainrule.networks.member_plan import blocks_of, member_of, parts_of, put_member, takes_members
from chainrule.networks.plan import masks_of
from chainrule.workspace import Workspace

MEMBERS, ROWS, FEATURES = 3, 11, 5
# Sums of at most 11 terms of magnitudes around 1 in another order; measured, at most 3e-16 apart.
CLOSE = {"rtol": 1e-13, "atol": 1e-14}


def targets_of(kind):
    source = random_stream(3, ROWS, MEMBERS)
    if kind == "labels":
        return "softmax_cross_entropy", 4, source.integers(0, 4, (MEMBERS, ROWS))
    if kind == "rows":
        return "softmax_cross_entropy", 4, source.dirichlet(np.ones(4), (MEMBERS, ROWS))
    loss, outputs = {"binary": ("binary_cross_entropy", 1), "columns": ("binary_cross_entropy", 3)}.get(
        kind, ("half_squared_error", 1)
    )
    return loss, outputs, source.integers(0, 2, (MEMBERS, ROWS, outputs)).astype(float)


def stacked(network, seeds=(0, 1, 2)):
    """The flat parameters of each member, those of all, and a gradient."""
    single = [network.initial_parameters(seed) + 0.1 for seed in seeds]
    theta, gradient = np.empty((2, len(seeds) * network.n_parameters))
    for place, one in enumerate(single):
        put_member(network, blocks_of(network, theta, len(seeds)), place, one)
    return single, theta, gradient


def assert_each_is_its_own(network, x, targets, weights, l2, keys=None, **options):
    """`x`, targets and weights have a first axis of members, or of length 1; `keys` are those of dropout."""
    single, theta, gradient = stacked(network)
    plan = MemberPlan(network, ROWS, MEMBERS, theta, gradient)
    masks = None
    if keys is not None:
        drawn = [masks_of(network, ROWS, key, theta, Workspace()) for key in keys]
        masks = {index: np.stack([mask[index].T for mask in drawn]) for index in drawn[0]}
    for given in (None, np.arange(ROWS)[None] + 1.0, weights):  # later steps find buffers that are filled
        losses = plan.losses_and_gradients(x, targets, given, l2, masks=masks, **options)
    for place, one in enumerate(single):
        x_of, targets_of, weights_of = (
            None if array is None else array[place if len(array) > 1 else 0] for array in (x, targets, weights)
        )
        alone = Plan(network, ROWS, one)
        key = None if keys is None else keys[place]
        loss = alone.loss_and_gradient(x_of, targets_of, weights_of, l2=l2[place], dropout_key=key, **options)
        np.testing.assert_allclose(losses[place], loss, **CLOSE)
        mine = member_of(network, blocks_of(network, gradient, MEMBERS), place, out=np.empty_like(one))
        np.testing.assert_allclose(mine, alone.gradient, **CLOSE)
    assert len(set(losses.tolist())) == MEMBERS


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("kind", ["labels", "rows", "binary", "columns", "squared"])
@pytest.mark.parametrize("hidden", [(), (7,), (7, 4)])
def test_each_member_has_its_own_loss_and_gradient(kind, hidden, shared):
    loss, outputs, targets = targets_of(kind)
    source = random_stream(1, 2)
    x, weights = source.standard_normal((MEMBERS, ROWS, FEATURES)), source.random((MEMBERS, ROWS)) + 0.5
    if shared:
        x, targets, weights = x[:1], targets[:1], weights[:1]
    network = mlp(FEATURES, hidden, outputs, activation="tanh", loss=loss)
    for given in (weights, None):
        assert_each_is_its_own(network, x, targets, given, np.array([0.0, 0.3, 0.01]))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softplus", "identity", "log_sigmoid"])
def test_every_activation_works_on_all_members_at_once(activation):
    network = mlp(FEATURES, (7, 4), 4, activation=activation)
    x = random_stream(1, 2).standard_normal((1, ROWS, FEATURES))
    assert_each_is_its_own(network, x, targets_of("labels")[2], None, np.zeros(MEMBERS))


@pytest.mark.parametrize("kind", ["labels", "rows"])
def test_label_smoothing(kind):
    x = random_stream(1, 2).standard_normal((MEMBERS, ROWS, FEATURES))
    network = mlp(FEATURES, (7,), 4)
    assert_each_is_its_own(network, x, targets_of(kind)[2], None, np.ones(MEMBERS), label_smoothing=0.2)


def test_each_member_has_the_masks_of_its_own_stream():
    x = random_stream(1, 2).standard_normal((1, ROWS, FEATURES))
    network = mlp(FEATURES, (7, 6), 4, dropout_rate=0.4)
    keys = [(5, 1, 0), (6, 1, 0), (5, 2, 0)]
    assert_each_is_its_own(network, x, targets_of("labels")[2], None, np.zeros(MEMBERS), keys=keys)


def test_rules_that_need_their_input_and_layers_without_bias():
    cube = rules.Rule("cube", lambda x: (x**3, x), lambda x, v: 3 * x**2 * v, elementwise=True)
    for layers in (["linear 6", cube, "relu", "linear 4"], ["linear 6", "relu", cube, "linear 4 no bias"]):
        network = network_of_layers(layers, (FEATURES,))
        x = random_stream(1, 2).standard_normal((1, ROWS, FEATURES))
        assert_each_is_its_own(network, x, targets_of("labels")[2], None, np.full(MEMBERS, 0.1))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("layers", ["linear 7, relu, linear 4", "linear 6 no bias, relu, linear 4", "linear 4"])
def test_factors_of_the_features_are_folded_into_the_first_weights(layers, shared):
    network = network_of_layers(f"scale, {layers}", (FEATURES,))
    x = random_stream(1, 2).standard_normal((1 if shared else MEMBERS, ROWS, FEATURES))
    for kind in ("labels", "rows"):  # labels take the compiled passes, rows of targets do not
        assert_each_is_its_own(network, x, targets_of(kind)[2], None, np.array([0.0, 0.3, 0.01]))


def test_a_member_of_nan_leaves_the_others_alone():
    network = mlp(FEATURES, (7,), 4)
    x, labels = random_stream(1, 2).standard_normal((1, ROWS, FEATURES)), targets_of("labels")[2][:1]

    def step(broken):
        _, theta, gradient = stacked(network)
        if broken:
            for block in blocks_of(network, theta, MEMBERS):
                block[1] = np.nan
        losses = MemberPlan(network, ROWS, MEMBERS, theta, gradient).losses_and_gradients(
            x, labels, None, np.ones(MEMBERS)
        )
        return [losses, *blocks_of(network, gradient, MEMBERS)]

    for whole, part in zip(step(False), step(True), strict=True):
        assert np.isnan(part[1]).all()
        assert (whole[[0, 2]] == part[[0, 2]]).all()


def test_members_are_put_and_taken_block_by_block():
    network = mlp(2, (3,), 2)
    single, theta, _ = stacked(network)
    blocks = blocks_of(network, theta, MEMBERS)
    assert [block.shape for block in blocks] == [(3, 3, 2), (3, 3), (3, 2, 3), (3, 2)]
    assert (blocks[0][2] == network.unpack(single[2])[0].T).all()
    for place, one in enumerate(single):
        assert (member_of(network, blocks, place, out=np.empty_like(one)) == one).all()
    starts = parts_of(network, MEMBERS)
    assert starts[[0, 1, 3, -1]].tolist() == [0, 6, 18, theta.size]
    assert (theta[starts[4] : starts[5]] == blocks[2][1].reshape(-1)).all()


def test_networks_on_images_and_rules_of_rows_are_not_for_it():
    assert takes_members(mlp(3, (4,), 2, dropout_rate=0.5))
    assert takes_members(network_of_layers("scale, linear 2", (3,)))
    assert not takes_members(network_of_layers("scale", (3,)))
    image = network_of_layers("conv 2 3x3, relu, flatten, linear 3", (1, 5, 5))
    for network in (
        image,
        network_of_layers(["linear 4", "softmax", "linear 2"], (3,)),
        network_of_layers(["relu", "linear 2"], (3,)),
        network_of_layers(["linear 3", "scale", "linear 2"], (3,)),
    ):
        assert not takes_members(network)
    with pytest.raises(ValueError, match="a plan of many members is for linear layers"):
        MemberPlan(image, 2, 1, np.empty(image.n_parameters), np.empty(image.n_parameters))


def test_a_batch_of_another_shape_is_refused():
    network = mlp(FEATURES, (7,), 4)
    _, theta, gradient = stacked(network)
    plan = MemberPlan(network, ROWS, MEMBERS, theta, gradient)
    with pytest.raises(ValueError, match=r"a batch: expected shape \(11, 5\), got \(10, 5\)"):
        plan.losses_and_gradients(np.ones((1, 10, 5)), np.zeros((1, 10), int), None, np.zeros(MEMBERS))
