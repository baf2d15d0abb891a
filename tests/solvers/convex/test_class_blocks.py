"""The preconditioner made of the Hessian's blocks by class, next to the Hessian written out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.solvers.convex import class_blocks as module
from chainrule.solvers.convex import directions, evaluation, minima, minimise, spectrum_of
from chainrule.solvers.convex.class_blocks import ClassBlocks, class_blocks, drawn, steps_of_blocks
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import LEAST, Curvature
from chainrule.solvers.convex.preconditioner import preconditioner_of
from chainrule.solvers.convex.problem import Problem

EPS = float(np.finfo(np.float32).eps)
BOUND = 100 * EPS
"""Relative to the largest entry, for blocks in float32 whose condition numbers are some tens: 24 is the most seen."""

SIGNED = np.where(np.arange(60) % 4, 1.0, -0.7) * np.random.default_rng(2).uniform(0.1, 3, 60)


@pytest.fixture
def all_samples(monkeypatch):
    """Every sample is drawn, and nothing is added: the blocks are the Hessian's own."""
    monkeypatch.setattr(module, "SAMPLES", 1e12)
    monkeypatch.setattr(module, "PRIOR", 0.0)


def first_of(problem, spectrum):
    return preconditioner_of(problem, spectrum)


def blocks_at(problem, theta, threads=2, **spectrum_options):
    """The blocks where theta is, in the features' own coordinates or those of their spectrum."""
    spectrum = spectrum_of(problem, **spectrum_options)
    evaluator = Evaluator(problem.with_threads(threads), spectrum.features)
    inside = spectrum.features.inside(theta)
    evaluator.at(inside)
    return class_blocks(evaluator, Curvature(evaluator), first_of(problem, spectrum)), spectrum, inside


def from_formulas(plain, theta, gradient, prior=0.0):
    """P diag(B_1^-1, ...) P g, and the penalty's inverse along what all logits have in common, in float64."""
    problem, k = plain.problem, theta.shape[1]
    weights = replace(problem, weights=None if problem.weights is None else abs(problem.weights), totals=None)
    whole = type(plain)(weights).hessian(theta).reshape(*theta.shape, *theta.shape)
    raised = LEAST * plain.ones.T @ (abs(plain.shares)[:, None] * plain.ones)  # for one logit and hard labels alike
    common = gradient.mean(axis=1, keepdims=True) if k > 1 else np.zeros((len(gradient), 1))
    blocks = [whole[:, m, :, m] + raised for m in range(k)]
    if prior:
        # Of features without a mean and an intercept: the last entry is the class's mean curvature.
        covariance = plain.ones.T @ (abs(plain.shares)[:, None] * plain.ones)
        blocks = [block + prior * block[-1, -1] * covariance for block in blocks]
    solved = np.stack([np.linalg.solve(blocks[m], (gradient - common)[:, m]) for m in range(k)], axis=1)
    if k > 1:
        solved -= solved.mean(axis=1, keepdims=True)
        along = slice(-1) if problem.intercept else slice(None)
        solved[along] += common[along] / problem.l2 if problem.l2 else 0.0
    return solved


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("weights", [None, SIGNED])
def test_blocks_of_all_samples_are_the_hessians(problem, plainly, theta, threads, weights, all_samples):
    if weights is not None:
        problem = replace(problem, weights=weights, engine=None, totals=None)
    spectrum = spectrum_of(problem)
    shifted = problem.of(problem.x if spectrum.features.centre is None else problem.x - spectrum.features.centre)
    blocks, _, inside = blocks_at(problem, theta, threads)
    gradient = np.random.default_rng(1).normal(size=problem.shape)
    got, expected = blocks.solve(gradient), from_formulas(plainly(shifted), inside, gradient)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected, rtol=0, atol=BOUND * abs(expected).max())


@pytest.mark.parametrize("even", [True, False])
def test_a_part_of_the_covariance_is_added_at_each_classs_curvature(problem_of, plainly, monkeypatch, even):
    monkeypatch.setattr(module, "SAMPLES", 1e12)
    monkeypatch.setattr(module, "PRIOR", 0.7)
    monkeypatch.setattr(module, "SINGLE", 1e6 if even else 0.0)
    problem = problem_of("softmax", l2=0.1, weights=SIGNED)
    theta = np.random.default_rng(3).normal(size=problem.shape)
    gradient = np.random.default_rng(1).normal(size=problem.shape)
    blocks, spectrum, inside = blocks_at(problem, theta)
    expected = from_formulas(plainly(problem.of(problem.x - spectrum.features.centre)), inside, gradient, prior=0.7)
    np.testing.assert_allclose(blocks.solve(gradient), expected, rtol=0, atol=BOUND * abs(expected).max())


def test_scales_and_rotated_features_have_the_same_blocks(problem_of, plainly, all_samples, monkeypatch):
    """A scale is divided by; features of very uneven curvature are rotated first, which changes nothing but digits."""
    problem = problem_of("softmax", l2=0.1)
    theta = np.random.default_rng(3).normal(size=problem.shape)
    gradient = np.random.default_rng(1).normal(size=problem.shape)
    scale = np.array([0.1, 1.0, 4.0, 2.0])
    blocks, spectrum, inside = blocks_at(problem, theta, scale=scale)
    seen = problem.of((problem.x - spectrum.features.centre) / scale)
    expected = from_formulas(plainly(seen), inside, gradient)
    np.testing.assert_allclose(blocks.solve(gradient), expected, rtol=0, atol=BOUND * abs(expected).max())
    monkeypatch.setattr(module, "SINGLE", 0.0)
    rotated, _, _ = blocks_at(problem, theta, scale=scale)
    assert rotated.basis is not None
    assert blocks.basis is None
    kept = gradient.copy()
    np.testing.assert_allclose(rotated.solve(gradient), expected, rtol=0, atol=BOUND * abs(expected).max())
    np.testing.assert_array_equal(gradient, kept)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_curvatures_that_float32_cannot_hold_together_are_kept(problem_of, plainly, all_samples, dtype):
    """Two features that differ by a millionth: along their difference the curvature is 1e-12 of the largest."""
    problem = problem_of("softmax", n=400, l2=1e-14)
    x = problem.x.copy()
    x[:, 1] = x[:, 0] + 2.0**-20 * np.sign(x[:, 1]) * (np.arange(400) % 3)
    problem = problem.of(x.astype(dtype))
    theta = np.zeros(problem.shape)
    blocks, spectrum, inside = blocks_at(problem, theta)
    exact = problem.of(problem.x.astype(np.float64) - spectrum.features.centre)
    hessian = plainly(exact).hessian(inside).reshape(*problem.shape, *problem.shape)
    direction = np.zeros(problem.shape)
    direction[:2, 0], direction[:2, 1] = (1, -1), (-1, 1)
    # Of one class's gradient along it: what the class's own block makes of it, that direction again.
    gradient = np.einsum("akbm,bm->ak", hessian, direction)
    solved = blocks.solve(gradient - gradient.mean(axis=1, keepdims=True))
    size = np.sum(solved * direction) / np.sum(direction**2)
    assert 0.5 < size < 3  # the blocks leave out what classes share: a factor near 1, where 1e-12 was at stake


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=60),
    st.integers(1, 80),
)
def test_what_is_drawn_stands_for_all(shares, count):
    """Draws are evenly spaced, so that their weights add up to all shares, but for one spacing."""
    shares = np.array(shares)
    rows, weights = drawn(shares, count)
    assert len(set(rows)) == len(rows)
    assert len(rows) <= min(count, len(shares)) + 1
    assert (weights >= shares[rows] * (1 - 1e-15)).all()
    certain = shares * count >= shares.sum() * (1 + 1e-9)
    assert abs(weights.sum() - shares.sum()) <= (shares[~certain].max(initial=0) + shares.sum() / count) * (1 + 1e-9)
    assert set(np.flatnonzero(certain)) <= set(rows)


def test_what_a_certain_sample_leaves_over_is_given_to_the_others():
    rows, _ = drawn(np.array([10.0] + [1.0] * 10), 5)
    assert len(rows) == 5


def test_samples_are_drawn_in_proportion_to_their_shares():
    """Over many rotations of the order every sample is drawn as often as its chance says, to some deviations."""
    rng = np.random.default_rng(0)
    shares = rng.uniform(0.01, 1, 50)
    found = np.zeros(50)
    for _ in range(2000):
        order = rng.permutation(50)
        rows, weights = drawn(shares[order], 10)
        found[order[rows]] += weights
    # A weight is drawn with the chance 10 share / sum, and is then sum / 10.
    deviations = np.sqrt(shares * shares.sum() / 10 / 2000)
    assert (abs(found / 2000 - shares) <= 3.5 * deviations).all()


def test_a_class_that_is_certain_everywhere_has_an_inverse(problem_of):
    """All probabilities are 0 or 1 in float64: no curvature is left, and what the blocks give is finite."""
    problem = problem_of("softmax")
    for scale in (1e3, 1e100):
        blocks, _, _ = blocks_at(problem, scale * np.ones(problem.shape) * np.arange(3))
        solved = blocks.solve(np.random.default_rng(0).normal(size=problem.shape))
        assert np.isfinite(solved).all()
        assert abs(solved.sum(axis=1)).max() <= 1e-9 * abs(solved).max()


def test_features_without_variance_have_an_inverse(problem_of):
    problem = problem_of("softmax")
    x = problem.x.copy()
    x[:, 1] = 7.0
    x[:, 2] = x[:, 0]
    blocks, _, _ = blocks_at(problem.of(x), np.zeros(problem.shape))
    assert np.isfinite(blocks.solve(np.random.default_rng(0).normal(size=problem.shape))).all()


def test_a_block_that_has_no_inverse_is_replaced_by_its_diagonal(problem_of, monkeypatch):
    problem = problem_of("softmax", l2=0.1)
    whole, _, _ = blocks_at(problem, np.zeros(problem.shape))
    monkeypatch.setattr(module.positive, "invert", lambda matrix: False)
    blocks, _, _ = blocks_at(problem, np.zeros(problem.shape))
    gradient = np.random.default_rng(0).normal(size=problem.shape)
    gradient -= gradient.mean(axis=1, keepdims=True)
    expected = gradient / np.square(whole.sizes)
    expected -= expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(blocks.solve(gradient), expected, rtol=1e-5)


@pytest.fixture
def by_rows(monkeypatch):
    """Samples are drawn by rows, as for many classes."""
    monkeypatch.setattr(module, "MOST_COLUMNS", 0)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("weights", [None, SIGNED])
def test_blocks_of_all_entries_are_the_hessians(problem_of, plainly, monkeypatch, by_rows, weights, stored):
    """Drawn by rows, and every probability is large enough."""
    monkeypatch.setattr(module, "LIKELY", 0.0)
    monkeypatch.setattr(module, "PRIOR", 0.0)
    monkeypatch.setattr(module, "FLOOR", 0.0)
    monkeypatch.setattr(module, "GROUPED", 1)  # classes of as many rows; below they have several numbers of them
    problem = problem_of("softmax", l2=0.1, weights=weights)
    theta = np.random.default_rng(3).normal(size=problem.shape)
    blocks, inside, seen = drawn_at(problem, theta, stored)
    gradient = np.random.default_rng(1).normal(size=problem.shape)
    expected = from_formulas(plainly(seen), inside, gradient)
    np.testing.assert_allclose(blocks.solve(gradient), expected, rtol=0, atol=BOUND * abs(expected).max())


def drawn_at(problem, theta, stored=True):
    """The blocks, theta and the samples as the solver sees them."""
    spectrum = spectrum_of(problem)
    evaluator = Evaluator(problem.with_threads(2), spectrum.features, stored)
    inside = spectrum.features.inside(theta)
    evaluator.at(inside)
    blocks = class_blocks(evaluator, Curvature(evaluator, None, inside), first_of(problem, spectrum))
    return blocks, inside, problem.of(problem.x - spectrum.features.centre)


def test_an_unlikely_sample_counts_as_an_average_one(problem_of, plainly, monkeypatch, by_rows):
    """The blocks written out: likely samples with p (1 - p), and the covariance times the others' p and the shares."""
    least, prior, problem = 0.25, 0.2, problem_of("softmax", l2=0.1)
    (p, k), n = problem.shape, problem.n_samples
    monkeypatch.setattr(module, "LIKELY", least / min(1.0, n / (p * k)))
    monkeypatch.setattr(module, "PRIOR", prior)
    theta = np.random.default_rng(3).normal(size=problem.shape)
    blocks, inside, seen = drawn_at(problem, theta)
    z, shares = plainly(seen).ones, abs(plainly(seen).shares)
    logits = z @ inside
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    likely = probs >= least
    assert likely.sum(axis=0).min() == 0, "a class that no sample is likely to have"
    assert len(set(likely.sum(axis=0))) > 2, "as many of each class would show no padding"
    covariance = z.T @ (shares[:, None] * z)
    gradient = np.random.default_rng(1).normal(size=problem.shape)
    gradient -= gradient.mean(axis=1, keepdims=True)
    solved = np.empty_like(gradient)
    for m in range(k):
        curvatures = shares * probs[:, m] * (1 - probs[:, m]) * likely[:, m]
        share = (
            float(shares @ (probs[:, m] * ~likely[:, m]))
            + prior * curvatures.sum()
            + module.FLOOR * problem.class_shares[m]
        )
        block = z.T @ (curvatures[:, None] * z) + share * covariance + 0.1 * np.diag([1.0] * (p - 1) + [0.0])
        solved[:, m] = np.linalg.solve(block, gradient[:, m])
    solved -= solved.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(blocks.solve(gradient), solved, rtol=0, atol=BOUND * abs(solved).max())


def test_with_many_classes_they_save_products(monkeypatch):
    """Two samples of each class: the same optimum with a third of the products. Measured: see the assertion."""
    rng, k = np.random.default_rng(0), 300
    y = np.append(np.arange(k), rng.permutation(k))
    x = rng.normal(size=(k, 16))[y] + rng.normal(size=(2 * k, 16))
    problem = Problem(x, y, k, rules.softmax_cross_entropy, l2=1 / (2 * k))
    monkeypatch.setattr(module, "MOST_COLUMNS", 100)
    monkeypatch.setattr(directions, "MOST_CLASSES", 100)
    monkeypatch.setattr(evaluation, "STORED_BYTES", 0)
    found = minimise(problem, tol=1e-6, max_iter=500)
    monkeypatch.setattr(module, "MOST_ENTRIES", 0)
    without = minimise(problem, tol=1e-6, max_iter=500)
    assert found.converged
    assert without.converged
    assert found.value == pytest.approx(without.value, rel=2e-6)
    assert found.products <= 2 / 3 * without.products, (found.products, without.products)


def many_classes(problem_of, n=3000):
    """Correlated features, of which every class has its own: one class matrix for all of them says little."""
    problem = problem_of("softmax", n=n, d=20, k=12, l2=1e-5)
    x = problem.x @ scipy.linalg.hilbert(20)
    x += 0.1 * problem.x * (1 + problem.targets[:, None] % 4)
    return replace(problem.of(x), l2=1e-6)


def test_they_save_products(problem_of, monkeypatch):
    """The same optimum, with two thirds of the products at most: half of them are made before there are blocks."""
    problem = many_classes(problem_of)
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    found = minimise(problem, tol=1e-16, max_iter=2000)
    monkeypatch.setattr(module, "MOST_ENTRIES", 0)
    without = minimise(problem, tol=1e-16, max_iter=2000)
    assert found.converged
    assert without.converged
    assert found.value == pytest.approx(without.value, rel=1e-9)
    assert found.products <= 2 / 3 * without.products


@pytest.mark.parametrize("method", ["auto", "newton-cg"])
def test_every_method_uses_them_and_makes_them_anew(problem_of, monkeypatch, method):
    """With them it takes half as many products as without."""
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    monkeypatch.setattr(directions, "BLOCKS_AFTER", 2)
    products = []

    def counting(evaluator, *rest):
        products.append(evaluator.products)
        return class_blocks(evaluator, *rest)

    monkeypatch.setattr(directions, "class_blocks", counting)
    problem = many_classes(problem_of)
    spectrum = spectrum_of(problem)  # "newton-cg" makes none of its own
    found = minimise(problem, tol=1e-16, max_iter=2000, method=method, spectrum=spectrum)
    monkeypatch.setattr(module, "MOST_ENTRIES", 0)
    without = minimise(problem, tol=1e-16, max_iter=2000, method=method, spectrum=spectrum)
    assert found.converged
    assert found.products <= without.products / 2
    assert len(products) > 1
    assert all(after >= 2 * before for before, after in pairwise(products))


def test_they_wait_until_as_many_steps_were_taken_as_they_cost(problem_of):
    few, many = problem_of("softmax", n=200), problem_of("softmax", n=20_000, d=400)
    cost = [steps_of_blocks(each, first_of(each, spectrum_of(each))) for each in (few, many)]
    # k p^2 (samples + p) beside 4 n k p, at half the speed: 200 samples and p = 5, four times 401 and p = 401.
    assert cost[0] == pytest.approx(2 * 5**2 * (200 + 5) / (4 * 200 * 5) + 80 / 5)
    assert cost[1] == pytest.approx(2 * 401**2 * (5 * 401) / (4 * 20_000 * 401) + 80 / 401)


def test_they_are_not_made_where_they_take_much_memory_or_nothing_is_known_of_the_features(problem_of):
    wide = problem_of("softmax", n=10, d=600, k=300)
    assert steps_of_blocks(wide, first_of(wide, spectrum_of(wide))) == np.inf
    deep = problem_of("softmax", n=4000, d=1000)
    first = first_of(deep, spectrum_of(deep))
    assert steps_of_blocks(deep, first) < np.inf
    assert steps_of_blocks(deep, replace(first, diagonal=True)) == np.inf
    uneven = replace(first, spectrum=np.append(first.spectrum[:-1], 1e7))
    assert steps_of_blocks(deep, uneven) > 2 * steps_of_blocks(deep, first)


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_without_a_penalty_the_size_of_the_features_does_not_matter(problem_of, monkeypatch, size):
    """The intercept's curvature, which does not grow with theirs, is no measure of what they lack."""
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    problem = problem_of("softmax", n=2000, d=20, k=6)
    steps = []
    for factor in (1.0, size):
        sized = problem.of(factor * problem.x)
        steps.append(minimise(sized, tol=1e-6, max_iter=300))
    assert all(found.converged for found in steps)
    assert steps[1].products <= 2 * steps[0].products


def test_a_later_penalty_has_them_from_its_first_step_on(problem_of, monkeypatch):
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    problem, made = many_classes(problem_of), []

    def counting(evaluator, *rest):
        made.append((evaluator.problem.l2, evaluator.products))
        return class_blocks(evaluator, *rest)

    monkeypatch.setattr(directions, "class_blocks", counting)
    monkeypatch.setattr(directions, "steps_of_blocks", lambda *_: 1.0)
    penalties = [1e-4, 1e-5, 1e-6]
    taken = [found.products for found in minima(problem, penalties, tol=1e-7, max_iter=500)]
    for i, l2 in enumerate(penalties):
        begun = sum(taken[:i])
        first, *later = (products - begun for penalty, products in made if penalty == l2)
        assert first <= 6 if i else first >= 16
        assert not i or later[0] <= 3 * first


def test_what_they_give_is_kept_apart_from_what_they_get(problem, theta):
    blocks, _, _ = blocks_at(problem, theta)
    assert isinstance(blocks, ClassBlocks)
    gradient = np.random.default_rng(0).normal(size=problem.shape)
    kept = gradient.copy()
    first, second = blocks.solve(gradient), blocks.solve(gradient)
    np.testing.assert_array_equal(gradient, kept)
    np.testing.assert_array_equal(first, second)
    # Symmetric, so that L-BFGS may build on it; positive, so that its directions lead down.
    others = [np.random.default_rng(seed).normal(size=problem.shape) for seed in range(1, 9)]
    for other in others:
        left, right = np.sum(other * first), np.sum(gradient * blocks.solve(other))
        np.testing.assert_allclose(left, right, rtol=0, atol=EPS * abs(first).max() * abs(other).sum())
        centred = other - other.mean(axis=1, keepdims=True) if problem.n_outputs > 1 else other
        assert np.sum(centred * blocks.solve(centred)) > 0


def test_the_least_curvature_is_the_penalty_or_a_little_of_the_largest():
    """Without a floor a direction of no curvature would take up a gradient's rounding errors, ever so much enlarged."""
    for l2, expected in ((0.0, 1e-10 * 4.0), (1e-14, 1e-14)):
        inverses, sizes = module._inverted(np.diag([4.0, 0.0, 1e-20])[None], 2, l2)
        np.testing.assert_allclose(np.square(sizes[:, 0]), [4.0, expected, 1e-20], rtol=1e-12)
        np.testing.assert_allclose(inverses[0], np.eye(3), rtol=0, atol=4 * EPS)
