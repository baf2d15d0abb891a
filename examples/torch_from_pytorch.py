"""
From PyTorch
============

This page builds a PyTorch network and the same network in chainrule: the loss and the gradients agree. A rule of
chainrule can also replace an operator inside a PyTorch model.
"""

# %%
# The same network
# ----------------
#
# :class:`torch.nn.Linear` stores its weight as (out_features, in_features); chainrule stores (in_features,
# out_features), so that a layer is ``x @ W + b``.

import numpy as np
import torch
from sklearn.datasets import load_digits

from chainrule import MLPClassifier, networks, rules
from chainrule.torch import wrap

X, y = load_digits(return_X_y=True)
X = X / 16

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).double()
loss = torch.nn.functional.cross_entropy(model(torch.tensor(X[:100])), torch.tensor(y[:100]))
loss.backward()

network = networks.mlp(64, (32,), 10, activation=rules.relu)
plan = networks.Plan(network, 100, network.pack([p.detach().numpy().T for p in model.parameters()]))
value = plan.loss_and_gradient(X[:100], y[:100])
theirs = network.pack([p.grad.numpy().T for p in model.parameters()])
print(f"loss: PyTorch {loss.item():.12f}, chainrule {value:.12f}")
print("gradients agree:", np.allclose(theirs, plan.gradient, rtol=0, atol=1e-15))

# %%
# An exact rule inside of a PyTorch model
# ---------------------------------------
#
# ``wrap`` turns a rule into a differentiable function of tensors. Autograd then calls the closed form of the
# derivative. It keeps digits that are lost if the forward code is differentiated: the slope of tanh at 20 is about
# 1.7e-17, and not 0.

x = torch.tensor([20.0], dtype=torch.float64, requires_grad=True)
print("torch.tanh:      ", torch.autograd.grad(torch.tanh(x), x)[0].item())
print("wrap(rules.tanh):", torch.autograd.grad(wrap(rules.tanh)(x), x)[0].item())

# %%
# The training loop
# -----------------
#
# Instead of writing a loop over epochs and batches, an optimiser and a schedule, set parameters of the estimator.
# ``device="cuda"`` trains on PyTorch tensors.

trained = MLPClassifier(
    (32,), solver="adam", learning_rate_init=0.01, learning_rate="cosine", max_iter=40, random_state=0
).fit(X[:1400], y[:1400])
print(f"held-out accuracy {trained.score(X[1400:], y[1400:]):.3f}")
