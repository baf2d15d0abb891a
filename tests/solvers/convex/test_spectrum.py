"""The covariance taken apart, and whether samples are rotated into its eigenvectors."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.solvers.convex import spectrum_of
from chainrule.solvers.convex.features import Features


def test_the_spectrum_is_the_weighted_covariance_taken_apart(problem):
    spectrum = spectrum_of(problem)
    weights = np.ones(60) if problem.weights is None else problem.weights
    if problem.intercept:
        np.testing.assert_allclose(spectrum.features.centre, np.average(problem.x, axis=0, weights=weights), rtol=1e-13)
        expected = np.cov(problem.x.T, aweights=weights, ddof=0)
    else:
        assert spectrum.features.centre is None
        expected = (problem.x.T * weights) @ problem.x / weights.sum()
    got = spectrum.features.basis @ np.diag(spectrum.values) @ spectrum.features.basis.T
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())
    np.testing.assert_allclose(spectrum.features.basis.T @ spectrum.features.basis, np.eye(4), atol=1e-14)


def test_rotating_is_worth_it_where_samples_are_few_for_the_classes_or_fits_many(problem_of):
    problem = problem_of("softmax", n=600)
    spectrum = spectrum_of(problem)
    assert not spectrum.worth_rotating(problem)
    assert spectrum.worth_rotating(problem, fits=2)
    z, there = spectrum.suited(problem.x, problem, problem.l2, fits=2)
    assert not there.worth_rotating(problem, fits=2)
    assert not replace(spectrum, features=Features()).worth_rotating(problem, fits=1000)
    # Eigenvectors of the covariance: without correlation.
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.diag(spectrum.values), rtol=0, atol=1e-13 * there.values[-1])


def test_squares_that_overflow_are_refused(problem_of):
    problem = problem_of("softmax")
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="squares of the features overflow"):
        spectrum_of(replace(problem, x=problem.x * 1e200))
