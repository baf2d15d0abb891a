"""Identities of one-dimensional convolution, proved for all inputs at small sizes."""

import numpy as np

from chainrule import rules

from .statements import Statement, proof_tests


def by_sums(x, w):
    n, k = len(x), len(w)
    return np.stack([sum(w[a] * x[i - a] for a in range(k) if 0 <= i - a < n) + 0 * x[0] for i in range(n + k - 1)])


def modes(x, w):
    full, same, valid = (rules.convolve1d(x, w, mode=mode) for mode in ("full", "same", "valid"))
    n, half = len(x), (len(w) - 1) // 2
    yield "full", full, by_sums(x, w)
    yield "same", same, full[half : half + n]
    yield "valid", valid, same[half : n - half]


def symmetry(x, w, wing):
    """The signal and the kernel mirrored about their middle; and the sums for any signal and kernel."""
    signal, kernel = np.concatenate([x, x[-2::-1]]), np.concatenate([wing, w[:1], wing[::-1]])
    for mode in ("full", "same", "valid"):
        found = rules.convolve1d(signal, kernel, mode=mode)
        yield mode, found, found[::-1]
    even = rules.convolve1d(np.concatenate([x, x[::-1]]), kernel, mode="full")
    yield "of even length", even, even[::-1]
    yield "the sums", np.sum(rules.convolve1d(x, w, mode="full")), np.sum(x) * np.sum(w)


SIGNALS = {"x": ("n",), "w": ("k",)}
STATEMENTS = {
    "convolution-modes": Statement(modes, SIGNALS, sizes={"n": (3, 4, 5), "k": (1, 3)}),
    "convolution-symmetry": Statement(symmetry, {**SIGNALS, "wing": (1,)}, sizes={"n": (2, 3, 4), "k": (1, 2, 3)}),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
