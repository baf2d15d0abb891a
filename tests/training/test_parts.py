"""Batches that are cut into parts: the bits depend neither on threads nor on who serves the rows."""

import numpy as np
import pytest

from chainrule.networks import Plan, mlp, network_of_layers
from chainrule.training import Objective, Samples
from chainrule.training import parts as module
from chainrule.training.parts import PARTS, PartSums, borders_of, nodes_of, parts_of
from chainrule.training.processes import Processes

MLP = Objective(mlp(5, (17, 4), 3, dropout_rate=0.4), 0.7, label_smoothing=0.1)
IMAGES = Objective(network_of_layers("conv 3 3x3, relu, pool 2, dropout 0.3, flatten, linear 3", (2, 7, 7)), 0.2)


def batch(objective, rows, dtype=np.float64):
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, objective.network.in_features)).astype(dtype)
    return Samples(x, rng.integers(0, 3, rows), rng.uniform(0.2, 4, rows).astype(dtype))


def summed(objective, samples, *, threads=1, key=(3, 1, 4), **options):
    theta = objective.network.initial_parameters(2, samples.x.dtype)
    sums = PartSums(objective, theta, Processes(0, 1, threads), len(samples))
    loss, weight, gradient = sums(samples, len(samples), key, **options)
    return loss, weight, gradient.copy()


@pytest.mark.parametrize("rows", [1, 3, 7, 8, 9, 61, 200])
@pytest.mark.parametrize("objective", [MLP, IMAGES], ids=["mlp", "images"])
def test_the_parts_of_a_batch_add_up_to_the_batch(objective, rows):
    samples, theta = batch(objective, rows), objective.network.initial_parameters(2)
    plan = Plan(objective.network, rows, theta)
    total = samples.weights.sum()
    expected = plan.loss_and_gradient(
        samples.x,
        samples.targets,
        samples.weights,
        l2=0.5 * objective.alpha / total,
        label_smoothing=objective.label_smoothing,
        dropout_key=(3, 1, 4),
    )
    loss, weight, gradient = summed(objective, samples)
    assert loss == pytest.approx(expected, rel=1e-13)
    assert weight == pytest.approx(total, rel=1e-13)
    np.testing.assert_allclose(gradient, plan.gradient, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("objective", [MLP, IMAGES], ids=["mlp", "images"])
def test_threads_do_not_change_the_bits(objective, dtype, monkeypatch):
    monkeypatch.setattr(module, "WORTH_THREADS", 0)
    samples = batch(objective, 77, dtype)
    found = [summed(objective, samples, threads=threads) for threads in (1, 2, 3, 5, 8, 20)]
    assert len({(loss, weight, gradient.tobytes()) for loss, weight, gradient in found}) == 1


def test_samples_without_weights_count_once():
    samples = batch(MLP, 21)
    loss, weight, gradient = summed(MLP, Samples(samples.x, samples.targets))
    same = summed(MLP, Samples(samples.x, samples.targets, np.ones(21)))
    assert weight == 21
    assert (loss, weight, gradient.tobytes()) == (same[0], same[1], same[2].tobytes())


def test_the_penalty_is_left_out_where_it_was_added_before():
    samples = batch(MLP, 21)
    with_it, without = (summed(MLP, samples, penalised=penalised)[0] for penalised in (True, False))
    weights = MLP.network.initial_parameters(2)[: MLP.network.n_weights]
    assert with_it - without == pytest.approx(0.5 * MLP.alpha * weights @ weights / samples.weights.sum())


def test_the_share_of_a_process_serves_as_well_as_the_whole_batch(monkeypatch):
    samples = batch(MLP, 30)
    theta = MLP.network.initial_parameters(2)
    sums = PartSums(MLP, theta, Processes(1, 3), 30)
    share = sums.share(30)
    assert (share.start, share.stop) == (8, 20)
    seen = []
    monkeypatch.setattr(
        PartSums,
        "_over_processes",
        lambda self, mine, present: (
            seen.append({node: total.copy() for node, total in mine.items()}) or np.ones(theta.size + 3)
        ),
    )
    for served in (samples, samples.each(lambda array: array[share])):
        with pytest.raises(KeyboardInterrupt):  # all entries are 1, as after Ctrl-C
            sums(served, 30, (3, 1, 4))
    first, second = seen
    assert list(first) == [(2, 4), (4, 5)]
    assert all((first[node] == second[node]).all() for node in first)


def test_a_small_batch_is_read_whole_by_all():
    theta = MLP.network.initial_parameters(2)
    assert PartSums(MLP, theta, Processes(3, 4), 30).share(7) == slice(0, 7)


def test_weights_without_a_positive_sum_are_refused():
    samples = batch(MLP, 12)
    with pytest.raises(ValueError, match="positive sum"):
        summed(MLP, Samples(samples.x, samples.targets, np.zeros(12)))


def test_more_processes_than_parts_are_refused():
    theta = MLP.network.initial_parameters(2)
    with pytest.raises(ValueError, match="at most 8 processes can share the batches of a fit, got 9"):
        PartSums(MLP, theta, Processes(0, 9), 30)


@pytest.mark.parametrize("count", range(1, PARTS + 1))
def test_every_part_belongs_to_one_process_and_to_one_node(count):
    covered = [part for rank in range(count) for part in parts_of(rank, count)]
    assert covered == list(range(PARTS))
    for rank in range(count):
        nodes = nodes_of(rank, count)
        assert [part for node in nodes for part in range(*node)] == list(parts_of(rank, count))
        for start, stop in nodes:
            size = stop - start
            assert size & (size - 1) == 0
            assert start % size == 0


@pytest.mark.parametrize("rows", [1, 5, 8, 13, 256, 1001])
def test_the_borders_are_those_of_array_split(rows):
    borders = borders_of(rows)
    expected = [len(part) for part in np.array_split(np.arange(rows), PARTS)]
    assert np.diff(borders).tolist() == expected
