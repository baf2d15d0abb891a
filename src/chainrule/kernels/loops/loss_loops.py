"""Losses of rows of logits.

There is one loss per row. Its slopes by the logits, times the row's share of the mean, overwrite the logits.
"""

import math
from typing import Any

from chainrule.kernels.compiling import compiled
from chainrule.kernels.loops.elementary import exp, sigmoid, softplus

TOGETHER = 2048
"""The most entries of rows that are taken together. They stay in the first cache."""


@compiled(stored=False)
def largest(x: Any) -> Any:
    """The largest entry of a row, or any if one is nan; eight candidates at a time, because each waits for itself."""
    count = x.size - x.size % 8
    a = b = c = d = e = f = g = h = x[0]
    for j in range(0, count, 8):
        a, b = max(a, x[j]), max(b, x[j + 1])
        c, d = max(c, x[j + 2]), max(d, x[j + 3])
        e, f = max(e, x[j + 4]), max(f, x[j + 5])
        g, h = max(g, x[j + 6]), max(h, x[j + 7])
    for j in range(count, x.size):
        a = max(a, x[j])
    return max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))


@compiled(stored=False, reassociate=True)
def total(x: Any) -> Any:
    """The sum of a row, in several parts."""
    value = x[0] - x[0]
    for j in range(x.size):
        value += x[j]
    return value


@compiled()
def cross_entropy_of_labels(logits: Any, labels: Any, shares: Any, smoothing: Any, losses: Any) -> None:
    """log(sum e^b) - (1 - s) b_y - s mean(b) with b = logits - max, and p - (1 - s) e_y - s / k.

    The slope at the label is minus the sum of the other probabilities, which does not cancel. Some rows are taken
    together, so that the exponentials of few classes fill whole vectors.
    """
    rows, classes = logits.shape
    smoothing = logits.dtype.type(smoothing)
    each = smoothing / logits.dtype.type(classes)
    together = TOGETHER // classes + 1
    for start in range(0, rows, together):
        stop = start + together if start + together < rows else rows
        for i in range(start, stop):
            row, label = logits[i], labels[i]
            top = largest(row)
            at_label = row[label] - top
            losses[i, 0] = smoothing * at_label - at_label
            if smoothing > 0:
                losses[i, 0] -= each * (total(row) - logits.dtype.type(classes) * top)
            for j in range(classes):
                row[j] -= top
        entries = logits[start:stop].reshape(-1)
        for j in range(entries.size):
            entries[j] = exp(entries[j])
        for i in range(start, stop):
            row, label, share = logits[i], labels[i], shares[i, 0]
            of_label = row[label]
            row[label] = of_label - of_label
            others = total(row)
            # Where the label has the largest logit, a small loss keeps its digits.
            whole = others + of_label
            losses[i, 0] += math.log1p(others) if of_label == 1 else math.log(whole)
            scale, less = share / whole, share * each
            for j in range(classes):
                row[j] = row[j] * scale - less
            row[label] = share * (smoothing - each) - others * scale


@compiled(stored=False, reassociate=True)
def inner(x: Any, y: Any) -> Any:
    """The inner product of two rows, in several parts."""
    value = x[0] - x[0]
    for j in range(x.size):
        value += x[j] * y[j]
    return value


@compiled()
def softmax_tangents(logits: Any, tangents: Any, shares: Any, out: Any) -> None:
    """p (v - p.v), times the row's share, for probabilities p and tangents v of the logits."""
    for i in range(logits.shape[0]):
        row, top = out[i], largest(logits[i])
        for j in range(row.size):
            row[j] = exp(logits[i, j] - top)
        whole = total(row)
        mean, scale = inner(row, tangents[i]) / whole, shares[i, 0] / whole
        for j in range(row.size):
            row[j] = row[j] * scale * (tangents[i, j] - mean)


@compiled()
def cross_entropy_by_class(logits: Any, labels: Any, shares: Any, smoothing: Any, losses: Any, room: Any) -> None:
    """The same with a class in each row. The loops over samples compute several at a time, in three rows of memory."""
    classes, samples = logits.shape
    smoothing = logits.dtype.type(smoothing)
    top, at_label, others = room[0], room[1], room[2]
    each = smoothing / logits.dtype.type(classes)
    top[:] = logits[0]
    for c in range(1, classes):
        for i in range(samples):
            top[i] = max(top[i], logits[c, i])
    for i in range(samples):
        at_label[i] = logits[labels[i], i] - top[i]
        losses[i] = smoothing * at_label[i] - at_label[i]
    if smoothing > 0:
        for c in range(classes):
            for i in range(samples):
                losses[i] -= each * (logits[c, i] - top[i])
    others[:] = 0
    for c in range(classes):
        for i in range(samples):
            of_class = exp(logits[c, i] - top[i])
            logits[c, i] = of_class
            others[i] += of_class if labels[i] != c else of_class - of_class
    for i in range(samples):
        of_label = exp(at_label[i])
        whole = others[i] + of_label
        losses[i] += math.log1p(others[i]) if of_label == 1 else math.log(whole)
        top[i] = shares[i] / whole
        at_label[i] = shares[i] * (smoothing - each) - others[i] * top[i]
    for c in range(classes):
        for i in range(samples):
            logits[c, i] = logits[c, i] * top[i] - shares[i] * each
    for i in range(samples):
        logits[labels[i], i] = at_label[i]


@compiled()
def cross_entropy_of_rows(logits: Any, targets: Any, shares: Any, smoothing: Any, losses: Any) -> None:
    """T log(sum e^b) - sum t b with T = sum t and t smoothed, and T p - t."""
    classes, smoothing = logits.shape[1], logits.dtype.type(smoothing)
    for i in range(logits.shape[0]):
        row, share = logits[i], shares[i, 0]
        top, weight = largest(row), total(targets[i])
        each = smoothing * weight / logits.dtype.type(classes)
        product = share - share
        for j in range(classes):
            row[j] -= top
            product += (targets[i, j] - smoothing * targets[i, j] + each) * row[j]
        for j in range(classes):
            row[j] = exp(row[j])
        whole = total(row)
        losses[i, 0] = weight * math.log(whole) - product
        scale = weight / whole
        for j in range(classes):
            target = targets[i, j] - smoothing * targets[i, j] + each
            row[j] = (row[j] * scale - target) * share


@compiled()
def binary_cross_entropy(logits: Any, targets: Any, shares: Any, losses: Any) -> None:
    """softplus(o) - y o, summed over the logits of a row, and p - y."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            logit, target = logits[i, j], targets[i, j]
            loss += softplus(logit) - target * logit
            logits[i, j] = (sigmoid(logit) - target) * shares[i, 0]
        losses[i, 0] = loss


@compiled()
def half_squared_error(logits: Any, targets: Any, shares: Any, losses: Any) -> None:
    """(p - y)^2 / 2, summed over the logits of a row, and (p - y) (p - p^2)."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            p = sigmoid(logits[i, j])
            miss = p - targets[i, j]
            loss += miss * miss
            logits[i, j] = miss * (p - p * p) * shares[i, 0]
        losses[i, 0] = loss / logits.dtype.type(2)
