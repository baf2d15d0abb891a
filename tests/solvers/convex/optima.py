"""Optima of small problems to 72 digits, by the formulas of F and without the package's own code."""

import flint
import numpy as np
import scipy.sparse as sp

BITS = 240
"""Digits of the optima: 72 decimal ones."""


class Exact:
    """F and its derivatives at points in 240 bits; the scale of the penalty is 1 by default.

    One logit z is the softmax of the logits 0 and z.
    """

    def __init__(self, problem, scale=None):
        x = problem.x.toarray() if sp.issparse(problem.x) else problem.x
        ones = np.ones((len(x), 1 if problem.intercept else 0))
        self.x = [[flint.arb(float(entry)) for entry in row] for row in np.hstack([x, ones])]
        n, k, targets = len(x), problem.n_outputs, problem.targets
        weights = np.ones(n) if problem.weights is None else problem.weights
        total = sum((flint.arb(float(w)) for w in weights), flint.arb(0))
        self.shares = [flint.arb(float(w)) / total for w in weights]
        if k == 1:
            self.goals = [[1 - flint.arb(float(t)), flint.arb(float(t))] for t in targets[:, 0]]
        else:
            rows = np.eye(k)[targets] if targets.ndim == 1 else targets
            self.goals = [[flint.arb(float(t)) for t in row] for row in rows]
            e = flint.arb(problem.label_smoothing)
            self.goals = [[(1 - e) * t + e * sum(row) / k for t in row] for row in self.goals]
        factors = np.ones(x.shape[1]) if scale is None else scale
        self.penalties = [flint.arb(problem.l2) * flint.arb(float(s)) ** 2 for s in factors]
        self.k, self.d, self.intercept = k, x.shape[1], problem.intercept

    def probabilities(self, theta):
        result = []
        for row in self.x:
            z = [sum((a * theta[f, j] for f, a in enumerate(row)), flint.arb(0)) for j in range(self.k)]
            z = [flint.arb(0), *z] if self.k == 1 else z
            top = max(float(value.mid()) for value in z)
            exponentials = [(value - top).exp() for value in z]
            result.append([e / sum(exponentials) for e in exponentials])
        return result

    def value(self, theta):
        total = flint.arb(0)
        for share, probs, goals in zip(self.shares, self.probabilities(theta), self.goals, strict=True):
            total -= share * sum((t * p.log() for t, p in zip(goals, probs, strict=True)), flint.arb(0))
        for f, penalty in enumerate(self.penalties):
            total += penalty / 2 * sum((theta[f, j] ** 2 for j in range(self.k)), flint.arb(0))
        return total

    def derivatives(self, theta):
        """The gradient as a column and the Hessian, whose null direction along the intercepts gets a curvature."""
        first, rows = 1 if self.k == 1 else 0, range(len(self.x[0]))
        size = len(rows) * self.k
        gradient, hessian = flint.arb_mat(size, 1), flint.arb_mat(size, size)
        for x, share, probs, goals in zip(self.x, self.shares, self.probabilities(theta), self.goals, strict=True):
            mass, p = share * sum(goals), probs[first:]
            for j in range(self.k):
                r = mass * p[j] - share * goals[first:][j]
                for f in rows:
                    gradient[f * self.k + j, 0] += x[f] * r
                for m in range(self.k):
                    h = mass * (p[j] * (j == m) - p[j] * p[m])
                    for f in rows:
                        for g in rows:
                            hessian[f * self.k + j, g * self.k + m] += x[f] * x[g] * h
        for f, penalty in enumerate(self.penalties):
            for j in range(self.k):
                gradient[f * self.k + j, 0] += penalty * theta[f, j]
                hessian[f * self.k + j, f * self.k + j] += penalty
        if self.intercept and self.k > 1:
            last = self.d * self.k
            for j in range(self.k):
                for m in range(self.k):
                    hessian[last + j, last + m] += 1
        return gradient, hessian

    def optimum(self, start):
        """The optimal parameters, by Newton's method with halved steps, to within 1e-30 of the weights."""
        theta = exactly(start)
        gradient, hessian = self.derivatives(theta)
        for _ in range(300):
            if norm(gradient) / float(min(self.penalties)) < 1e-30:
                return theta
            step = hessian.solve(gradient)
            # Measured by the Hessian, which no scale of the features changes: the gradient alone can stay as long where
            # they are large beside their differences.
            size = float((gradient.transpose() * step)[0, 0])
            for _ in range(200):
                there = mid(theta - flint.arb_mat(len(self.x[0]), self.k, step.entries()))
                after, next_hessian = self.derivatives(there)
                after = mid(after)
                if float((after.transpose() * hessian.solve(after))[0, 0]) < size:
                    break
                step = step * flint.arb(0.5)
            else:
                raise AssertionError("Newton's method found no step")
            theta, gradient, hessian = there, after, next_hessian
        raise AssertionError("Newton's method did not end")


def exactly(array):
    return flint.arb_mat(*array.shape, [float(entry) for entry in array.ravel()])


def mid(matrix):
    return flint.arb_mat(matrix.nrows(), matrix.ncols(), [entry.mid() for entry in matrix.entries()])


def norm(matrix):
    return float(sum((entry.mid() ** 2 for entry in matrix.entries()), flint.arb(0)).sqrt().mid())


def true_errors(problem, theta, start=None, scale=None):
    """The distance of theta's weights from the optimal ones, and of F at theta from its minimum."""
    exact, d = Exact(problem, scale), problem.n_features
    best = exact.optimum(theta if start is None else start)
    change = mid(exactly(theta) - best).tolist()[:d]
    return norm(flint.arb_mat(change)), float((exact.value(exactly(theta)) - exact.value(best)).mid())
