"""S13: pullbacks of single operators, chained, give the gradients of S1, S3, S4, S5 and of a log-linear model."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import mlp

ONE = np.float64(1)
LABEL, CLASSES, TARGETS = 2, 4, np.array([0.5, 0.0, 1.2, 0.6])  # the sum of the targets is 2.3
WEIGHT_ONE = np.array([0.15, 0.0, 0.6, 0.25])
HEADS = {
    "softmax, cross entropy": (rules.softmax, rules.cross_entropy),
    "log-softmax, NLL": (rules.log_softmax, rules.nll),
}


@pytest.fixture
def chain():
    """(rule, parameters) from x to the logits: affine, softplus, linear, sigmoid, affine, tanh, linear.

    The widths 3, 5, 2, 6, 4 all differ. Weights are stored in_features x out_features here, as the rules take them.
    """
    draw = np.random.default_rng(1301)
    return [
        (rules.affine, [draw.normal(0.1, 1, (3, 5)), draw.normal(0, 1, 5)]),
        (rules.softplus, []),
        (rules.linear, [draw.normal(-0.2, 0.8, (5, 2))]),
        (rules.sigmoid, []),
        (rules.affine, [draw.normal(0.2, 1, (2, 6)), draw.normal(0.3, 1, 6)]),
        (rules.tanh, []),
        (rules.linear, [draw.normal(0, 1.2, (6, CLASSES))]),
    ]


@pytest.fixture
def x():
    return np.array([0.7, -1.9, 2.3])


def forward(chain, x):
    """The inputs of every rule, then the logits."""
    values = [x]
    for rule, parameters in chain:
        values.append(rule(values[-1], *parameters))
    return values


def backward(chain, values, cotangent):
    """Chained pullbacks: the gradient by x, and those by the parameters in the order of the chain."""
    by_parameters = []
    for (rule, parameters), value in zip(reversed(chain), reversed(values[:-1]), strict=True):
        result = rule.vjp(value, *parameters, cotangent)
        cotangent, *own = result if parameters else (result,)
        by_parameters = own + by_parameters
    return cotangent, by_parameters


def by_logits_in_two_steps(head, logits, targets):
    to_z, loss = HEADS[head]
    by_z, _ = loss.vjp(to_z(logits), targets, ONE)
    return to_z.vjp(logits, by_z)


def naive_loss(targets):
    """The loss of the chain as it is defined, for balls."""

    def loss(x, W1, b1, W2, W3, b3, W4):
        h1 = np.log(1 + np.exp(x @ W1 + b1))
        h2 = 1 / (1 + np.exp(-(h1 @ W2)))
        a3 = h2 @ W3 + b3
        h3 = (np.exp(a3) - np.exp(-a3)) / (np.exp(a3) + np.exp(-a3))
        e = np.exp(h3 @ W4)
        return -sum(t * (entry / sum(e)).log() for t, entry in zip(targets, e, strict=True))

    return loss


@pytest.mark.parametrize("targets", [np.eye(CLASSES)[LABEL], TARGETS], ids=["label", "weights of sum 2.3"])
@pytest.mark.parametrize("head", HEADS)
def test_chained_pullbacks_equal_differences_at_400_bits(chain, x, head, targets, differences, agree):
    values = forward(chain, x)
    cotangent = by_logits_in_two_steps(head, values[-1], targets)
    by_x, by_parameters = backward(chain, values, cotangent)
    parameters = [parameter for _, own in chain for parameter in own]
    slopes = differences(naive_loss(targets), x, *parameters)
    assert len(slopes) == 1 + len(by_parameters)
    for found, slope, primal in zip([by_x, *by_parameters], slopes, [x, *parameters], strict=True):
        assert found.shape == primal.shape
        agree(found, slope)


@pytest.mark.parametrize("head", HEADS)
def test_the_two_step_head_equals_the_fused_one(chain, x, head, agree):
    logits = forward(chain, x)[-1]
    fused, _ = rules.softmax_cross_entropy.vjp(logits, TARGETS, ONE)
    agree(by_logits_in_two_steps(head, logits, TARGETS), fused)


def test_chained_pullbacks_equal_the_product_of_full_jacobians(chain, x, agree):
    values = forward(chain, x)
    cotangent, _ = rules.softmax_cross_entropy.vjp(values[-1], TARGETS, ONE)
    product = np.eye(CLASSES)
    for (rule, parameters), value in zip(reversed(chain), reversed(values[:-1]), strict=True):
        jacobians = rule.jacobian(value, *parameters)
        product = product @ (jacobians[0] if parameters else jacobians)
    assert product.shape == (CLASSES, 3)
    agree(backward(chain, values, cotangent)[0], cotangent @ product)


def test_chained_pushforwards_are_adjoint_to_chained_pullbacks(chain, x):
    values, tangent, cotangent = forward(chain, x), np.array([1.0, -2.0, 0.3]), np.array([0.2, 1.0, -3.0, 0.7])
    moved = tangent
    for (rule, parameters), value in zip(chain, values[:-1], strict=True):
        moved = rule.jvp(value, *parameters, moved, *[None] * len(parameters))
    assert cotangent @ moved == pytest.approx(backward(chain, values, cotangent)[0] @ tangent, rel=1e-12, abs=0)


def test_chained_pullbacks_equal_autograd(chain, x, autograd, agree):
    def loss(x, W1, b1, W2, W3, b3, W4):
        hidden = (((x @ W1 + b1).exp().log1p() @ W2).sigmoid() @ W3 + b3).tanh()
        return -(x.new_tensor(TARGETS) * (hidden @ W4).log_softmax(-1)).sum()

    values = forward(chain, x)
    by_x, by_parameters = backward(chain, values, by_logits_in_two_steps("log-softmax, NLL", values[-1], TARGETS))
    parameters = [parameter for _, own in chain for parameter in own]
    for found, slope in zip([by_x, *by_parameters], autograd(loss, x, *parameters), strict=True):
        agree(found, slope)


SYSTEMS = {
    "S1": (mlp(3, (5,), CLASSES, activation="softplus"), LABEL, np.eye(CLASSES)[LABEL]),
    "S4": (mlp(3, (7,), CLASSES, activation="sigmoid", bias=False), WEIGHT_ONE, WEIGHT_ONE),
    "S5": (mlp(3, (2,), CLASSES, activation="sigmoid", bias=False), LABEL, np.eye(CLASSES)[LABEL]),
    "S6": (mlp(3, (), CLASSES), LABEL, np.eye(CLASSES)[LABEL]),
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_chained_pullbacks_reproduce_every_gradient_of_a_plan_and_of_a_trace(
    system, head, x, plan_gradients, trace_steps, agree
):
    network, target, row = SYSTEMS[system]
    blocks = network.unpack(network.initial_parameters(seed=13) + np.linspace(-0.8, 1, network.n_parameters))
    owned = iter(blocks)
    chain = [(layer.rule, [next(owned) for _ in layer.parameters]) for layer in network.layers]
    values = forward(chain, x)
    by_x, by_parameters = backward(chain, values, by_logits_in_two_steps(head, values[-1], row))
    on_paper = [block.T for block in blocks]
    loss, found = plan_gradients(network, on_paper, x[None], np.asarray(target)[None])
    steps = trace_steps(network, on_paper, x, target)
    assert steps["loss"] == pytest.approx(loss, rel=1e-13, abs=0)
    for block, gradient in zip(network.blocks, by_parameters, strict=True):
        agree(gradient.T, found[block.name])
        agree(gradient.T, steps[f"d {block.name}"])
    agree(by_x, found["x"][0])
    agree(by_x, steps["d x"])


def test_the_squared_error_of_s3_is_a_sigmoid_and_then_the_derivative_of_a_square(agree):
    o, y = np.array([-2.5, 0.3, 1.7]), np.array([0.0, 0.4, 1.0])
    by_p = rules.sigmoid(o) - y
    agree(rules.half_squared_error.vjp(o, y, np.ones(3))[0], rules.sigmoid.vjp(o, by_p))


def test_a_log_linear_model_has_the_gradient_of_s10(differences, agree):
    draw = np.random.default_rng(1310)
    G, u, c = draw.normal(0, 1, (5, 3)), np.array([0.4, -1.1, 0.8]), np.array([0.3, 0.0, 1.1, 0.2, 0.7])
    scores, S = G @ u, np.exp(G @ u) / np.exp(G @ u).sum()
    by_scores, _ = rules.softmax_cross_entropy.vjp(scores, c, ONE)
    by_u, _ = rules.linear.vjp(u, G.T, by_scores)
    agree(by_u, G.T @ (S * c.sum() - c))
    agree(by_u, -sum(c[i] * (G[i] - S @ G) for i in range(5)))
    (slope,) = differences(lambda u: -sum(c * np.log(np.exp(G @ u) / sum(np.exp(G @ u)))), u)
    agree(by_u, slope)
    scores_by_u = np.stack([rules.linear.vjp(u, G.T, row)[0] for row in rules.log_softmax.jacobian(scores)])
    agree(scores_by_u, G - S @ G)
    np.testing.assert_allclose(S @ scores_by_u, 0, atol=1e-15)  # the expected score
