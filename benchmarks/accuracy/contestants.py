"""The compared implementations: chainrule on NumPy and on PyTorch, SciPy, PyTorch and JAX with their own derivatives.

A contestant is a function (operator, form, inputs, vector) -> array of floats, or None where it has no such function.
The vector is the cotangent or the tangent of the first input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from chainrule import rules

FORWARD, PULLBACK, PUSHFORWARD = FORMS = ("forward", "pullback", "pushforward")
Contestant = Callable[[str, str, tuple[Any, ...], Any], Any]

RULES = {
    "softmax_cross_entropy, labels": "softmax_cross_entropy",
    "softmax_cross_entropy, rows": "softmax_cross_entropy",
}

OPTIONS = {"periodic_embedding": {"flat": True}}


def _rule(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    rule, options = rules.get(RULES.get(operator, operator)), OPTIONS.get(operator, {})
    if form == FORWARD:
        return rule(*inputs, **options)
    if form == PULLBACK:
        pulled = rule.vjp(*inputs, vector, **options)
        return pulled[0] if isinstance(pulled, tuple) else pulled
    return rule.jvp(*inputs, vector, *(None for _ in inputs[1:]), **options)


def chainrule_numpy(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    # Huge vectors overflow in sums that no float holds, with a warning; the results are what is measured.
    with np.errstate(all="ignore"):
        return _rule(operator, form, inputs, vector)


def chainrule_torch(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    import torch

    tensors = tuple(torch.tensor(x) for x in inputs)
    return _rule(operator, form, tensors, None if vector is None else torch.tensor(vector)).numpy()


SCIPY: dict[str, Callable[..., Any]] = {
    "softmax": lambda x: scipy.special.softmax(x, axis=-1),
    "log_softmax": lambda x: scipy.special.log_softmax(x, axis=-1),
    "log_sum_exp": lambda x: scipy.special.logsumexp(x, axis=-1),
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "scaled_softmax": lambda x, c: scipy.special.softmax(c * x, axis=-1),
    "scaled_sigmoid": lambda x, k: scipy.special.expit(k * x),
}


def scipy_functions(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    if form != FORWARD or operator not in SCIPY:
        return None
    with np.errstate(all="ignore"):
        return SCIPY[operator](*inputs)


def _torch_functions() -> dict[str, Callable[..., Any]]:
    import torch
    from torch.nn import functional as f

    def entropy(x: Any, targets: Any) -> Any:
        if len(targets.shape) == len(x.shape) - 1:
            return f.cross_entropy(x, targets, reduction="none")
        return f.cross_entropy(x, targets.to(x.dtype), reduction="none")

    return {
        "softmax": lambda x: torch.softmax(x, -1),
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "log_sum_exp": lambda x: torch.logsumexp(x, -1),
        "softmax_cross_entropy, labels": entropy,
        "softmax_cross_entropy, rows": entropy,
        "cross_entropy": lambda z, t: -(t * torch.log(z)).sum(-1),
        "nll": lambda z, t: -(t * z).sum(-1),
        "binary_cross_entropy": lambda o, y: f.binary_cross_entropy_with_logits(o, y, reduction="none"),
        "half_squared_error": lambda o, y: 0.5 * (torch.sigmoid(o) - y) ** 2,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "scaled_sigmoid": lambda x, k: torch.sigmoid(k * x),
        "softplus": f.softplus,
        "log_sigmoid": f.logsigmoid,
        "relu": torch.relu,
        "mish": f.mish,
        "periodic_embedding": lambda x, w, b: torch.cos(2 * torch.pi * w * x + b),
        "parametric_activation": lambda x, a: x + a * (f.mish(x) - x),
        "selu": torch.selu,
        "smooth_clip": lambda x: x / torch.sqrt(1 + (x / 3) ** 2),
        "scaled_softmax": lambda x, c: torch.softmax(c * x, -1),
        "softmax_expectation": lambda x, v: (torch.softmax(x, -1) * v).sum(-1),
    }


def pytorch(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    import torch

    function = _torch_functions()[operator]
    x, *rest = (torch.tensor(a) for a in inputs)
    if form == FORWARD:
        return function(x, *rest).numpy()
    v = torch.tensor(vector)
    if form == PUSHFORWARD:
        return torch.func.jvp(lambda a: function(a, *rest), (x,), (v,))[1].numpy()
    x.requires_grad_()
    return torch.autograd.grad(function(x, *rest), x, v)[0].numpy()


def _jax_functions() -> dict[str, Callable[..., Any]]:
    import jax
    from jax import numpy as jnp

    return {
        "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax,
        "log_sum_exp": lambda x: jax.nn.logsumexp(x, axis=-1),
        "softmax_cross_entropy, labels": lambda x, y: (
            -jnp.take_along_axis(jax.nn.log_softmax(x), y[..., None], axis=-1)[..., 0]
        ),
        "softmax_cross_entropy, rows": lambda x, t: -(t * jax.nn.log_softmax(x)).sum(-1),
        "cross_entropy": lambda z, t: -(t * jnp.log(z)).sum(-1),
        "nll": lambda z, t: -(t * z).sum(-1),
        "binary_cross_entropy": lambda o, y: y * jax.nn.softplus(-o) + (1 - y) * jax.nn.softplus(o),
        "half_squared_error": lambda o, y: 0.5 * (jax.nn.sigmoid(o) - y) ** 2,
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "scaled_sigmoid": lambda x, k: jax.nn.sigmoid(k * x),
        "softplus": jax.nn.softplus,
        "log_sigmoid": jax.nn.log_sigmoid,
        "relu": jax.nn.relu,
        "mish": jax.nn.mish,
        "periodic_embedding": lambda x, w, b: jnp.cos(2 * jnp.pi * w * x + b),
        "parametric_activation": lambda x, a: x + a * (jax.nn.mish(x) - x),
        "selu": jax.nn.selu,
        "smooth_clip": lambda x: x / jnp.sqrt(1 + (x / 3) ** 2),
        "scaled_softmax": lambda x, c: jax.nn.softmax(c * x),
        "softmax_expectation": lambda x, v: (jax.nn.softmax(x) * v).sum(-1),
    }


def jax_functions(operator: str, form: str, inputs: tuple[Any, ...], vector: Any) -> Any:
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = _jax_functions()[operator]
    x, *rest = (jnp.asarray(a) for a in inputs)
    if form == FORWARD:
        return np.asarray(function(x, *rest))
    v = jnp.asarray(vector)
    if form == PUSHFORWARD:
        return np.asarray(jax.jvp(lambda a: function(a, *rest), (x,), (v,))[1])
    return np.asarray(jax.vjp(lambda a: function(a, *rest), x)[1](v)[0])


CONTESTANTS: dict[str, Contestant] = {
    "chainrule": chainrule_numpy,
    "chainrule, torch": chainrule_torch,
    "SciPy": scipy_functions,
    "PyTorch": pytorch,
    "JAX": jax_functions,
}
