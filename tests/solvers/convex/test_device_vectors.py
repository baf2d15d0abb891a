"""L-BFGS on a device: the vectors that it yields in main memory."""

import numpy as np
import pytest
from tests.solvers.convex.on_devices import DEVICES, problems

from chainrule.solvers.convex import spectrum_of
from chainrule.solvers.convex.device_vectors import DeviceVectors
from chainrule.solvers.convex.preconditioner import diagonal_of, preconditioner_of, refreshed
from chainrule.solvers.convex.step_pairs import StepPairs

pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("base", ["frequencies", "classes", "no axes", "diagonal"])
@pytest.mark.parametrize("kind", ["labels", "one logit"])
def test_pairs_there_solve_as_pairs_here(kind, base, dtype, device):
    problem, stream = problems(kind, dtype, device)[0], np.random.default_rng(6)
    preconditioner = preconditioner_of(problem, spectrum_of(problem, decompose=base != "no axes"))
    later = preconditioner
    if base == "classes":
        roots = stream.normal(size=(problem.n_outputs, problem.n_outputs))
        later = refreshed(preconditioner, roots @ roots.T)
    if base == "diagonal":
        later = diagonal_of(stream.random(problem.shape) + 0.1)
    here, there = StepPairs(preconditioner, 3), StepPairs(preconditioner, 3, DeviceVectors(device))
    vectors = stream.normal(size=(9, *problem.shape))
    for step, change in zip(vectors[:4], vectors[4:8], strict=True):
        change += 2 * step  # uphill along most steps
        for pairs in (here, there):
            pairs.keep(step, change)
            pairs.rest_on(later)
    assert there.count == here.count > 1
    again = StepPairs(later, 3, DeviceVectors(device))
    again.resume(there, 0.5, problem.n_features)
    other = StepPairs(later, 3)
    other.resume(here, 0.5, problem.n_features)
    # Axes of float32 samples are in float32.
    ulps = 1e3 * np.finfo(dtype).eps
    for one, two in ((here, there), (other, again)):
        want, got = one.solve(vectors[8]), two.solve(vectors[8])
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=0, atol=ulps * abs(want).max())
    assert there.forget()
    np.testing.assert_allclose(there.solve(vectors[8]), preconditioner.solve(vectors[8]), rtol=0, atol=10 * ulps)
