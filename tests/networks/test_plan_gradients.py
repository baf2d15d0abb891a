"""A plan's loss and gradient against PyTorch's autograd and against difference quotients at hundreds of bits.

The witness of the first test is a network written out by hand in PyTorch. The second needs no other library: the plan
itself runs on balls, where a wrong term cannot hide behind rounding.
"""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import balls, midpoints, precision
from chainrule.networks import Plan
from chainrule.streams import Purpose, stream

ACTIVATIONS = ("identity", "sigmoid", "tanh", "softplus", "relu")
KINDS = ("labels", "rows", "smoothed labels", "smoothed rows", "binary", "several", "squared")
PENALTIES = ({}, {"l2": 0.07}, {"l2": 0.07, "penalise_biases": True})
RATE, KEY = 0.25, (5, 3, 2)
"""A dropout rate that is a binary fraction, and (seed, epoch, batch)."""


def close(got, want):
    """Equal up to 1e-14 of the largest entry: measured, 4e-15 at most, from sums of up to 7 terms in other orders."""
    # Sums of a few terms, relative to the largest entry.
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-14 * np.abs(want).max())


def by_hand(torch, problem, name, weights, *, key=None, l2=0.0, penalise_biases=False, label_smoothing=0.0):
    """Loss, and gradients by theta and x, of a 3-6-5-out network: PyTorch's functions, and its autograd."""
    functions = {
        "identity": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": torch.nn.functional.softplus,
        "relu": torch.relu,
    }
    out = problem.network.out_features
    theta = torch.tensor(problem.theta, requires_grad=True)
    x = torch.tensor(problem.x, requires_grad=True)
    w1, w2, w3, b1, b2, b3 = torch.split(theta, [18, 30, 5 * out, 6, 5, out])
    h = x
    places = [i for i, layer in enumerate(problem.network.layers) if layer.rule is rules.dropout]
    for number, (w, b, shape) in enumerate(((w1, b1, (3, 6)), (w2, b2, (6, 5)))):
        h = functions[name](h @ w.reshape(shape) + b)
        if key is not None:
            kept = stream(Purpose.DROPOUT, *key, places[number]).random(tuple(h.shape)) >= RATE
            h = h * torch.tensor(kept / (1 - RATE))
    logits = h @ w3.reshape(5, out) + b3
    loss_name = problem.network.loss.name
    if loss_name == "softmax_cross_entropy":
        t = torch.tensor(problem.targets)
        t = t if t.is_floating_point() else torch.nn.functional.one_hot(t, out).double()
        t = (1 - label_smoothing) * t + label_smoothing / out
        losses = -(t * torch.log_softmax(logits, dim=1)).sum(dim=1)
    else:
        y = torch.tensor(problem.targets)
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, reduction="none")
        each = entropy if loss_name == "binary_cross_entropy" else (torch.sigmoid(logits) - y) ** 2 / 2
        losses = each.sum(dim=1)
    rows = torch.ones(len(losses)) if weights is None else torch.tensor(weights)
    penalised = theta if penalise_biases else torch.cat([w1, w2, w3])
    loss = (rows * losses).sum() / rows.sum() + l2 * (penalised**2).sum()
    loss.backward()
    return loss.item(), theta.grad.numpy(), x.grad.numpy()


@pytest.mark.parametrize("penalty", PENALTIES, ids=["no penalty", "l2 on weights", "l2 on all"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradients_are_those_of_autograd(problem, activation, kind, penalty):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    for dropout in (0.0, RATE):
        case = problem(activation, kind, dropout=dropout)
        plan, key = case.plan(input_gradient=True), KEY if dropout else None
        for weights in (None, case.weights):
            loss = plan.loss_and_gradient(case.x, case.targets, weights, dropout_key=key, **penalty, **case.options)
            witness = by_hand(torch, case, activation, weights, key=key, **penalty, **case.options)
            for got, want in zip((loss, plan.gradient, plan.input_gradient), witness, strict=True):
                close(got, want)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_the_difference_quotient_at_300_bits(problem, activation, kind):
    case = problem(activation, kind, dropout=RATE, rows=4)
    rng = np.random.default_rng(8)
    direction, x_direction = rng.normal(size=case.theta.shape), rng.normal(size=case.x.shape)

    def at(scale, key):
        """The plan at theta and x moved by `scale` along the direction, and its loss."""
        plan = Plan(case.network, 4, balls(case.theta) + scale * balls(direction), input_gradient=True)
        x = balls(case.x) + scale * balls(x_direction)
        targets = case.targets if case.targets.dtype.kind == "i" else balls(case.targets)
        loss = plan.loss_and_gradient(x, targets, balls(case.weights), l2=0.07, dropout_key=key, **case.options)
        return plan, loss

    with precision(300):
        plan, _ = at(0, KEY)
        quotient = (at(2.0**-60, KEY)[1] - at(-(2.0**-60), KEY)[1]) * 2**59
        slope = (plan.gradient * balls(direction)).sum() + (plan.input_gradient * balls(x_direction)).sum()
        # The central quotient is off by third derivatives times 2^-120 = 8e-37. The options are binary fractions, so
        # that (1 - e) + k (e / k) = 1 exactly, as the formulas assume.
        assert abs(float(midpoints(quotient - slope))) < 1e-33
        plan, loss = at(0, None)
    floats = case.plan(input_gradient=True)
    value = floats.loss_and_gradient(case.x, case.targets, case.weights, l2=0.07, **case.options)
    for got, want in ((value, loss), (floats.gradient, plan.gradient), (floats.input_gradient, plan.input_gradient)):
        close(got, midpoints(want))
