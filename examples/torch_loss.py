"""
A rule as a loss of PyTorch
===========================

This PyTorch model has one chainrule rule as its loss, and another as its activation.

Gradients come from the rules' closed forms, everything else from PyTorch: parameters, optimiser, second derivatives.
"""

import torch
from sklearn.datasets import load_digits

from chainrule import rules
from chainrule.torch import wrap

softplus = wrap(rules.softplus)
cross_entropy = wrap(rules.softmax_cross_entropy)

pixels, digits = load_digits(return_X_y=True)
X, y = torch.as_tensor(pixels / 16, dtype=torch.float32), torch.as_tensor(digits)

torch.manual_seed(0)
hidden, output = torch.nn.Linear(64, 64), torch.nn.Linear(64, 10)
optimiser = torch.optim.Adam([*hidden.parameters(), *output.parameters()], lr=0.01)


def logits_of(pixels):
    """The network: linear, softplus, linear."""
    return output(softplus(hidden(pixels)))


for _ in range(40):
    for batch in torch.randperm(1400).split(200):
        loss = cross_entropy(logits_of(X[batch]), y[batch], label_smoothing=0.05).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

with torch.no_grad():
    accuracy = (logits_of(X[1400:]).argmax(-1) == y[1400:]).float().mean()
print(f"held-out accuracy: {accuracy:.3f}")

# Gradients can be differentiated again: here the norm of the gradient with respect to the pixels, by the weights.
image = X[1400:1401].clone().requires_grad_()
(by_pixels,) = torch.autograd.grad(cross_entropy(logits_of(image), y[1400:1401]).sum(), image, create_graph=True)
(by_weight,) = torch.autograd.grad(by_pixels.norm(), hidden.weight)
print(f"a saliency's norm changes with {by_weight.count_nonzero()} of {by_weight.numel()} weights")

# A prediction that is almost certain still has a gradient; PyTorch's own loss gives 0.
certain = torch.tensor([[200.0, 0.0, -3.0]], dtype=torch.float64, requires_grad=True)
for name, loss in [("chainrule", cross_entropy), ("PyTorch", torch.nn.functional.cross_entropy)]:
    (gradient,) = torch.autograd.grad(loss(certain, torch.tensor([0])).sum(), certain)
    print(f"gradient at the label, {name}: {gradient[0, 0]:.3e}")
