"""Steps that a GPU records and repeats: here on tensors in main memory, where the same function runs at every step."""

import gc
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.networks import mlp, network_of_layers
from chainrule.solvers import SGD, Adam, Cosine, GradientDescent
from chainrule.training import Objective, Recipe, Run, Samples, recorded_steps, train
from chainrule.training.recorded_steps import RecordedSteps, Repeated, can_be_recorded

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

STREAM = np.random.default_rng(5)
X = STREAM.normal(size=(53, 3)).astype(np.float32)
LABELS = (X @ STREAM.normal(size=(3, 4))).argmax(axis=1)
SOFT = STREAM.dirichlet([0.3, 0.5, 1.0, 0.2], 53).astype(np.float32)
NETWORK = mlp(3, (6, 5), 4)
RECIPE = Recipe(Objective(NETWORK, 1e-2), Adam(), learning_rate=0.03, batch_size=16, epochs=4, seed=3, device="cpu")


def trained(recipe, targets=LABELS, x=X, weights=None):
    run = Run(recipe.objective.network.initial_parameters(1, np.float32))
    return run, train(recipe, Samples(x, targets, weights), run)


class Always(Repeated):
    """Runs its function at every call."""

    def __init__(self, function, like):
        super().__init__(function, np.zeros(1))


@pytest.fixture
def taken(monkeypatch):
    """Tensors in main memory count as those of a GPU. Returns the list of the epochs whose steps were recorded ones."""
    epochs = []

    def epoch(self, initial, own=RecordedSteps.epoch):
        epochs.append(self._run.epoch)
        return own(self, initial)

    monkeypatch.setattr(recorded_steps, "is_on_gpu", lambda x: type(x) is torch.Tensor)
    monkeypatch.setattr(recorded_steps, "Repeated", Always)
    monkeypatch.setattr(RecordedSteps, "epoch", epoch)
    return epochs


@pytest.mark.parametrize("targets", [LABELS, SOFT], ids=["labels", "rows"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"solver": Adam(weight_decay=0.1, n_weights=NETWORK.n_weights)},
        {"solver": SGD(momentum=0.8)},
        {"solver": SGD(nesterov=False), "schedule": Cosine(14)},
        {"solver": GradientDescent(), "learning_rate": 0.2},
        {"schedule": Cosine(12), "shuffle": False},
        {"batch_size": 53},
        {"batch_size": 100},
        {"batch_size": 26, "objective": Objective(NETWORK, 0.5, label_smoothing=0.1, penalise_biases=True)},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_a_recorded_fit_is_the_same_fit(changes, targets, taken, monkeypatch):
    recipe = replace(RECIPE, **changes)
    run, history = trained(recipe, targets)
    assert taken == [0, 1, 2, 3]
    monkeypatch.setattr(recorded_steps, "is_on_gpu", lambda _: False)
    want, told = trained(recipe, targets)
    assert taken == [0, 1, 2, 3]
    # The rates are rounded to float32 before and not after the products: 4e-7 measured over 16 steps.
    np.testing.assert_allclose(run.theta.numpy(), want.theta.numpy(), rtol=0, atol=4e-6)
    np.testing.assert_allclose(history.losses, told.losses, rtol=4e-6)
    assert (run.solver_state.steps, run.samples_seen, run.epoch) == (want.solver_state.steps, 212, 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("targets", [LABELS, SOFT], ids=["labels", "rows"])
@pytest.mark.parametrize("solver", [Adam(), Adam(weight_decay=0.1, n_weights=NETWORK.n_weights), SGD()], ids=str)
def test_a_gpu_repeats_what_it_has_recorded(solver, targets, monkeypatch):
    recipe = replace(RECIPE, solver=solver, schedule=Cosine(90), epochs=20, device="cuda")
    run, history = trained(recipe, targets)
    again, _ = trained(recipe, targets)
    assert torch.equal(run.theta, again.theta)
    monkeypatch.setattr("chainrule.training.fitting.can_be_recorded", lambda *_: False)
    for device in ("cuda", "cpu"):
        want, told = trained(replace(recipe, device=device), targets)
        # A GPU adds float32 numbers in another order, and Adam's first steps divide small differences by small sizes.
        np.testing.assert_allclose(run.theta.cpu().numpy(), want.theta.cpu().numpy(), rtol=0, atol=1e-3)
        np.testing.assert_allclose(history.losses, told.losses, rtol=1e-3)


def test_a_run_goes_on_where_it_was(taken):
    run, _ = trained(replace(RECIPE, epochs=2))
    history = train(replace(RECIPE, epochs=4), Samples(X, LABELS), run)
    want, told = trained(RECIPE)
    np.testing.assert_array_equal(run.theta.numpy(), want.theta.numpy())
    assert history.losses == told.losses


def test_a_loss_that_is_not_finite_is_an_error(taken):
    with pytest.raises(FloatingPointError, match="the loss is nan in epoch 1"):
        trained(RECIPE, x=np.where(X[0, 0] == X, np.nan, X))


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": None},
        {"epochs": 1},
        {"max_norm": 1.0},
        {"change": lambda x, stream: x},
        {"objective": Objective(mlp(3, (6, 5), 4, dropout_rate=0.1))},
        {"objective": Objective(network_of_layers("conv 4 1x1, flatten, linear 4", (1, 1, 3)))},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_steps_that_need_the_main_memory_are_not_recorded(changes, taken):
    trained(replace(RECIPE, **changes))
    assert not taken


def test_weights_and_float64_are_not_recorded(taken):
    theta, samples = torch.ones(3), Samples(X, LABELS)
    assert can_be_recorded(RECIPE, samples, theta)
    assert not can_be_recorded(RECIPE, samples, theta.double())
    assert not can_be_recorded(RECIPE, samples, theta.numpy())
    assert not can_be_recorded(RECIPE, Samples(X, LABELS, np.ones(53)), theta)
    trained(RECIPE, weights=np.ones(53, np.float32))
    assert not taken


class FakeCuda:
    """What `Repeated` needs of torch.cuda; a recording notes what it ran, and repeats it."""

    def __init__(self, fails=False):
        self.fails, self.told, self.current = fails, [], "outer"
        self.cuda, self._C = self, SimpleNamespace(_cuda_clearCublasWorkspaces=lambda: self.told.append("freed"))

    def Stream(self, device):
        return SimpleNamespace(wait_stream=lambda other: self.told.append("waits"))

    def current_stream(self, device):
        return SimpleNamespace(wait_stream=lambda other: self.told.append("outer waits"))

    def CUDAGraph(self):
        return SimpleNamespace(
            replay=lambda: self.told.append("replay"), reset=lambda: self.told.append("reset"), device="cuda"
        )

    def synchronize(self, device):
        self.told.append("synchronize")

    @contextmanager
    def stream(self, stream):
        yield

    @contextmanager
    def graph(self, graph, stream, capture_error_mode):
        assert not gc.isenabled()
        assert capture_error_mode == "thread_local"
        self.told.append("records")
        try:
            yield
        finally:
            if self.fails:
                raise RuntimeError("a previous error")


@pytest.fixture
def fake(monkeypatch):
    def make(**options):
        cuda = FakeCuda(**options)
        monkeypatch.setattr(recorded_steps, "is_on_gpu", lambda _: True)
        monkeypatch.setattr(recorded_steps, "namespace", lambda _: cuda)
        return cuda

    return make


def test_the_second_call_records_and_all_later_ones_repeat(fake):
    cuda = fake()
    step = Repeated(lambda: cuda.told.append("runs"), SimpleNamespace(device="cuda"))
    for _ in range(3):
        step()
    step.close()
    step.close()
    middle = ["freed", "records", "runs", "freed", "replay"]
    assert cuda.told == [
        *("waits", "runs", "outer waits", "waits", *middle, "outer waits", "waits", "replay", "outer waits"),
        *("synchronize", "reset"),
    ]
    assert gc.isenabled()


def test_steps_that_cannot_be_recorded_run_one_by_one(fake):
    cuda = fake(fails=True)

    def function():
        cuda.told.append("runs")
        if cuda.told[-2] == "records":
            raise RuntimeError("operation failed\nmore lines")

    step = Repeated(function, SimpleNamespace(device="cuda"))
    step()
    with pytest.warns(UserWarning, match="launched alone, because steps could not be recorded: operation failed$"):
        step()
    step()
    step.close()
    # While it is recorded, the function does not run on the device.
    assert cuda.told.count("runs") == 4
    assert cuda.told.count("freed") == 2
    assert "replay" not in cuda.told
    assert gc.isenabled()


def test_ctrl_c_leaves_no_stream_behind(fake):
    cuda = fake()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Repeated(interrupted, SimpleNamespace(device="cuda"))()
    assert cuda.told == ["waits", "outer waits"]
