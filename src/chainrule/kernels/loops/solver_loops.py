"""Steps of solvers and penalties, on flat arrays. Each takes one pass over memory."""

from typing import Any

import numpy as np

from chainrule.kernels.compiling import compiled


@compiled()
def adam(theta: Any, gradient: Any, mean: Any, square: Any, beta_1: Any, beta_2: Any, rate: Any, epsilon: Any) -> None:
    """M <- b1 M + g, V <- b2 V + g^2, theta <- theta - rate M / (sqrt(V) + epsilon)."""
    beta_1, beta_2 = theta.dtype.type(beta_1), theta.dtype.type(beta_2)
    rate, epsilon = theta.dtype.type(rate), theta.dtype.type(epsilon)
    for i in range(theta.size):
        slope = gradient[i]
        first, second = beta_1 * mean[i] + slope, beta_2 * square[i] + slope * slope
        mean[i], square[i] = first, second
        theta[i] -= rate * first / (np.sqrt(second) + epsilon)


@compiled()
def momentum(theta: Any, gradient: Any, velocity: Any, decay: Any, rate: Any, look_ahead: Any) -> None:
    """u <- mu u - eta g; theta <- theta + u, or theta + mu u - eta g where it looks ahead."""
    decay, rate = theta.dtype.type(decay), theta.dtype.type(rate)
    for i in range(theta.size):
        change = rate * gradient[i]
        speed = decay * velocity[i] - change
        velocity[i] = speed
        theta[i] += decay * speed - change if look_ahead else speed


@compiled(reassociate=True)
def add_penalty(theta: Any, gradient: Any, rate: Any) -> Any:
    """g <- g + rate theta. Returns the sum of theta^2."""
    rate = theta.dtype.type(rate)
    squares = rate - rate
    for i in range(theta.size):
        weight = theta[i]
        gradient[i] += rate * weight
        squares += weight * weight
    return squares


# Many networks at once, each with parts of its own. `starts` are the first entries of the parts, and the length.


@compiled()
def adam_of_parts(
    theta: Any, gradient: Any, mean: Any, square: Any, starts: Any, beta_1: Any, beta_2: Any, rates: Any, epsilon: Any
) -> None:
    """Adam with a rate for each part."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        adam(theta[a:b], gradient[a:b], mean[a:b], square[a:b], beta_1, beta_2, rates[p], epsilon)


@compiled()
def momentum_of_parts(
    theta: Any, gradient: Any, velocity: Any, starts: Any, decay: Any, rates: Any, look_ahead: Any
) -> None:
    """Momentum with a rate for each part."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        momentum(theta[a:b], gradient[a:b], velocity[a:b], decay, rates[p], look_ahead)


@compiled()
def add_penalty_of_parts(theta: Any, gradient: Any, starts: Any, rates: Any, squares: Any) -> None:
    """The gradient of a penalty with a rate for each part, and the sums of the squares."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        squares[p] = add_penalty(theta[a:b], gradient[a:b], rates[p])
