"""Networks: the layout of the one flat vector, the widths that must meet, and reproducible first values."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import Dropout, Layer, Linear, Network, Parameter, mlp, network_of_layers


def gate():
    """x times a learned gain, a weight, plus a learned shift, not a weight: a layer with parameters of its own."""
    rule = rules.Rule(
        "gate",
        lambda x, gain, shift: (x * gain + shift, (x, gain)),
        {
            "x": lambda residuals, v: v * residuals[1],
            "gain": lambda residuals, v: (v * residuals[0]).sum(axis=0),
            "shift": lambda residuals, v: v.sum(axis=0),
        },
        inputs=("x", "gain", "shift"),
        kind="layer",
    )
    return Layer(rule, (Parameter("gain", (5,), penalised=True), Parameter("shift", (5,))))


@pytest.fixture
def network():
    return mlp(4, (6, 5), 3, activation="tanh")


def test_weights_lie_before_biases_in_the_order_of_their_layers(network):
    starts = {block.name: block.start for block in network.blocks}
    # 4 x 6, 6 x 5 and 5 x 3 entries of weights, then 6, 5 and 3 of biases.
    assert starts == {"W1": 0, "W2": 24, "W3": 54, "b1": 69, "b2": 75, "b3": 80}
    assert (network.n_weights, network.n_parameters) == (69, 83)


def test_blocks_are_listed_as_they_are_written_down(network):
    assert [block.name for block in network.blocks] == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert [block.layer for block in network.blocks] == [0, 0, 2, 2, 4, 4]


def test_the_blocks_cover_the_flat_vector_without_overlap(network):
    theta = np.arange(83.0)
    unpacked = np.concatenate([block.reshape(-1) for block in network.unpack(theta)])
    assert sorted(unpacked.tolist()) == theta.tolist()
    assert (network.unpack(theta)[2] == np.arange(24.0, 54.0).reshape(6, 5)).all()


@pytest.mark.parametrize(("d", "hidden", "m"), [(4, 6, 3), (784, 100, 10), (1, 1, 2), (2, 9, 1)])
def test_one_hidden_layer_has_dh_times_d_plus_1_and_m_times_dh_plus_1_parameters(d, hidden, m):
    assert mlp(d, (hidden,), m).n_parameters == hidden * (d + 1) + m * (hidden + 1)
    assert mlp(d, (hidden,), m, bias=False).n_parameters == hidden * d + m * hidden


def test_packing_what_was_unpacked_is_exact(network):
    theta = np.random.default_rng(0).normal(size=83)
    theta[[0, 70, 82]] = [5e-324, -1.7e308, -0.0]
    again = network.pack(network.unpack(theta))
    assert again.tobytes() == theta.tobytes()


def test_unpacking_what_was_packed_is_exact_in_float32_too(network):
    rng = np.random.default_rng(1)
    blocks = [rng.normal(size=block.parameter.shape).astype(np.float32) for block in network.blocks]
    blocks[2] = np.asfortranarray(blocks[2])
    theta = network.pack(blocks)
    assert theta.dtype == np.float32
    for given, found in zip(blocks, network.unpack(theta), strict=True):
        assert (given == found).all()


def test_unpacked_blocks_are_views(network):
    theta = np.zeros(83)
    weight, bias = network.unpack(theta)[4:]
    weight[4, 2] = 7
    bias[0] = -2
    assert theta[68] == 7
    assert theta[80] == -2
    theta[54] = 5
    assert weight[0, 0] == 5


def test_tensors_are_packed_to_tensors_and_unpacked_to_views(network):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    theta = torch.arange(83, dtype=torch.float64)
    blocks = network.unpack(theta)
    assert torch.equal(network.pack(blocks), theta)
    blocks[1][0] = -1
    assert theta[69] == -1


def test_parameters_of_another_length_are_refused(network):
    for wrong in (np.zeros(82), np.zeros((83, 1))):
        with pytest.raises(ValueError, match=r"parameters of the network: expected shape \(83,\), got"):
            network.unpack(wrong)


def test_too_few_blocks_are_refused_with_the_names_of_all(network):
    blocks = network.unpack(np.zeros(83))
    with pytest.raises(ValueError, match="expected the 6 blocks W1, b1, W2, b2, W3, b3, got 5"):
        network.pack(blocks[:5])


def test_a_transposed_block_is_refused_by_name(network):
    blocks = network.unpack(np.zeros(83))
    blocks[2] = blocks[2].T
    with pytest.raises(ValueError, match=r"W2: expected shape \(6, 5\), got \(5, 6\)"):
        network.pack(blocks)


def test_parameters_of_other_kinds_are_laid_out_by_whether_they_are_penalised():
    network = network_of_layers([Linear(5), gate(), Linear(2, bias=False)], (4,))
    assert [(b.name, b.start) for b in network.blocks] == [
        ("W1", 0),
        ("b1", 35),
        ("gain2", 20),
        ("shift2", 40),
        ("W3", 25),
    ]
    assert (network.n_weights, network.n_parameters) == (35, 45)


def test_layers_whose_widths_do_not_meet_are_named():
    four, five = (Linear(6).layer((width,)) for width in (4, 5))
    Network(4, (four, Layer(rules.relu), Linear(3).layer((6,))))
    with pytest.raises(ValueError, match=r"layer 3 \(affine\): it takes 5 features; 6 features arrive"):
        Network(4, (four, Layer(rules.relu), five))
    with pytest.raises(ValueError, match=r"layer 1 \(affine\): it takes 5 features; 4 features arrive"):
        Network(4, (five,))


def test_a_network_needs_a_layer():
    with pytest.raises(ValueError, match="at least one layer"):
        Network(4, ())


@pytest.mark.parametrize("loss", [rules.affine, rules.softmax, rules.cross_entropy, rules.l2_penalty])
def test_a_rule_that_is_no_loss_on_logits_is_refused(loss):
    with pytest.raises(ValueError, match=f"the loss of a network is a rule of logits and targets, got {loss.name}"):
        network_of_layers("linear 3", (4,), loss=loss)


def test_widths_pass_through_activations_and_dropout():
    network = network_of_layers("linear 6, relu, dropout 0.5, linear 3", (4,))
    assert network.widths == (4, 6, 6, 6, 3)
    assert network.out_features == 3


def test_every_hidden_layer_has_its_own_activation_and_dropout():
    network = mlp(4, (6, 5, 2), 3, activation=["tanh", "identity", rules.softplus], dropout_rate=0.25)
    names = [layer.rule.name for layer in network.layers]
    assert names == ["affine", "tanh", "dropout", "affine", "dropout", "affine", "softplus", "dropout", "affine"]
    assert {str(layer) for layer in network.layers if layer.noise is not None} == {str(Dropout(0.25))}


def test_no_hidden_layer_gives_softmax_regression():
    network = mlp(4, (), 3)
    assert [layer.rule.name for layer in network.layers] == ["affine"]
    assert network.loss is rules.softmax_cross_entropy


@pytest.mark.parametrize("given", [["tanh"], ["tanh", "relu", "tanh"], []])
def test_a_list_of_activations_needs_one_for_each_hidden_layer(given):
    with pytest.raises(ValueError, match=f"2 hidden layers need as many activations, got {len(given)}"):
        mlp(4, (6, 5), 3, activation=given)


def test_unknown_activations_and_losses_are_answered_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no activation is named 'gelu'; there are .*relu.*softplus"):
        mlp(4, (6,), 3, activation="gelu")
    with pytest.raises(ValueError, match=r"no rule is named 'hinge'; there are .*softmax_cross_entropy"):
        mlp(4, (6,), 3, loss="hinge")


def test_first_values_depend_on_the_seed_and_the_block_alone():
    narrow, wide = mlp(4, (6,), 3), mlp(4, (6,), 8)
    first = narrow.unpack(narrow.initial_parameters(seed=5))
    assert (first[0] == wide.unpack(wide.initial_parameters(seed=5))[0]).all()
    assert (first[0] == narrow.unpack(narrow.initial_parameters(seed=5))[0]).all()
    assert not (first[0] == narrow.unpack(narrow.initial_parameters(seed=6))[0]).any()
    square = mlp(6, (6,), 6)
    weights = square.unpack(square.initial_parameters(seed=5))
    assert not (weights[0] == weights[2]).any(), "two blocks of one shape must not start alike"


def test_first_values_come_in_the_dtype_asked_for():
    network = mlp(4, (6,), 3)
    assert network.initial_parameters(1).dtype == np.float64
    single = network.initial_parameters(1, np.float32)
    assert single.dtype == np.float32
    assert (single == network.initial_parameters(1).astype(np.float32)).all()


@pytest.mark.parametrize(("name", "gain"), [("sigmoid", 2), ("tanh", 6), ("relu", 6)])
def test_a_sigmoid_layer_starts_within_the_narrower_bound_of_glorot(name, gain):
    network = mlp(40, (30,), 3, activation=name)
    hidden, _, output, _ = network.unpack(network.initial_parameters(2))
    # 1200 and 90 uniform draws: the largest exceeds 0.9 of the bound but for a chance below 0.9^90 = 8e-5 (fixed seed).
    assert 0.9 < abs(hidden).max() / np.sqrt(gain / 70) <= 1
    assert 0.9 < abs(output).max() / np.sqrt(6 / 33) <= 1
