"""A stack of fits: an epoch at a time, without those that have ended."""

import numpy as np

from chainrule.networks import mlp
from chainrule.solvers import Adam
from chainrule.training import Fit, Objective, Recipe, Run, Samples
from chainrule.training.member_stack import MemberStack, Sweep

X, LABELS = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
NETWORK = mlp(3, (4,), 2)


def sweep_of(*limits):
    """A sweep of fits with these limits of epochs, and the list of those that are reported."""
    samples, reported = Samples(X, LABELS), []
    fits = [
        Fit(
            Recipe(Objective(NETWORK), Adam(), batch_size=8, epochs=limit, seed=0),
            samples,
            Run(NETWORK.initial_parameters(number)),
        )
        for number, limit in enumerate(limits)
    ]
    return Sweep(fits, [None] * len(fits), reported.append), reported


def test_members_leave_a_stack_after_their_last_epoch():
    sweep, reported = sweep_of(2, 1, 4, 2)
    stack = MemberStack([0, 1, 2, 3], sweep, shared=True)
    sizes = []
    while stack.epoch():
        sizes.append(stack.nbytes)
    first, second, third, last = sweep.fits
    assert reported == [second, first, last, third]
    assert [fit.run.history.epochs for fit in sweep.fits] == [2, 1, 4, 2]
    assert [fit.run.solver_state.steps for fit in sweep.fits] == [6, 3, 12, 6]
    assert sizes == [3 * sizes[2], sizes[2], sizes[2]]
    # An array of doubles for each of parameters, gradients and averages; outputs and cotangents of the batch of 8.
    assert sizes[2] == 8 * (4 * NETWORK.n_parameters + 2 * 8 * (3 + 4 + 4 + 2))
    assert sweep.errors == [None] * 4


def test_an_interrupted_stack_hands_over_what_its_members_have_learned():
    sweep, reported = sweep_of(5, 5)
    stack = MemberStack([0, 1], sweep, shared=True)
    assert stack.epoch()
    before = [fit.run.theta.copy() for fit in sweep.fits]
    stack.interrupt()
    assert reported == sweep.fits
    assert [fit.run.history.stopped_by for fit in sweep.fits] == ["interrupt"] * 2
    assert all((fit.run.theta != one).all() for fit, one in zip(sweep.fits, before, strict=True))
    sweep, _ = sweep_of(5)
    MemberStack([0], sweep, shared=False).interrupt()
    assert isinstance(sweep.errors[0], KeyboardInterrupt)
