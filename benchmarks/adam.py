"""Adam in JAX, a whole epoch under one `jit`, for the benchmarks of networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def jax_adam(loss_of: Callable[..., Any], start: Any, inputs: Any, labels: Any, batch: int) -> Callable[[int], float]:
    """Train for a number of epochs from the same start; return the mean loss of the last epoch.

    `loss_of(theta, inputs, labels)` is the mean loss of a batch; the order is drawn anew in every epoch, learning rate
    1e-3, decay rates 0.9 and 0.999.
    """
    import jax
    import jax.numpy as jnp

    rows = len(inputs)
    steps = rows // batch

    @jax.jit
    def epoch(theta: Any, m: Any, v: Any, t: Any, key: Any) -> Any:
        order = jax.random.permutation(key, rows)[: steps * batch].reshape(steps, batch)

        def step(state: Any, index: Any) -> Any:
            theta, m, v, t = state
            loss, g = jax.value_and_grad(loss_of)(theta, inputs[index], labels[index])
            t = t + 1
            m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
            v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
            rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            theta = jax.tree.map(lambda p, a, b: p - rate * a / (jnp.sqrt(b) + 1e-8), theta, m, v)
            return (theta, m, v, t), loss

        (theta, m, v, t), losses = jax.lax.scan(step, (theta, m, v, t), order)
        return theta, m, v, t, losses.mean()

    def run(epochs: int) -> float:
        zeros = jax.tree.map(jnp.zeros_like, start)
        theta, m, v, t, loss = start, zeros, zeros, jnp.float32(0), 0.0
        for number in range(epochs):
            theta, m, v, t, loss = epoch(theta, m, v, t, jax.random.key(number))
        return float(loss)

    return run
