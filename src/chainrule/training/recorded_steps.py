"""Steps on a GPU that are recorded once, as a CUDA graph, and then replayed.

Python takes longer to launch the thirty kernels of a small step than a GPU takes to run them. A graph needs one launch.
Its kernels read and write the same memory at every replay, so all that changes from step to step lies in the device's
memory: the order of the samples, the rates, and the number of the step, which the graph itself counts. The losses are
summed there too, and read once per epoch.

Steps are recorded if they need nothing from main memory: batches come from samples on the device, in float32, without
weights, changes, dropout or a limit on the gradient's norm; they are not shared among processes; and there is more than
one epoch. Steps of networks on images have never been tried, and are not recorded.
"""

import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty, gather_rows, is_on_gpu, namespace
from chainrule.networks import Plan
from chainrule.progress import counted
from chainrule.solvers import RepeatableSolver
from chainrule.training.data import BatchReader, Samples
from chainrule.training.history import BegunEpoch, Run
from chainrule.training.recipe import Recipe

ONE_RECORDING = threading.Lock()
"""PyTorch makes one recording at a time."""


def can_be_recorded(recipe: Recipe, samples: Samples, theta: Array) -> bool:
    """True if the steps of a recipe on these samples are recorded."""
    network = recipe.objective.network
    return (
        is_on_gpu(theta)
        and theta.dtype == namespace(theta).float32
        and isinstance(recipe.solver, RepeatableSolver)
        and recipe.batch_size is not None
        and recipe.epochs > 1
        and all(each is None for each in (recipe.change, recipe.processes, recipe.max_norm, samples.weights))
        and not samples.stored
        and network.image_shape is None
        and all(layer.noise is None for layer in network.layers)
    )


class RecordedSteps:
    """The steps of an epoch, recorded in the first one.

    Parameters
    ----------
    recipe : Recipe
    samples : Samples
        On the device.
    run : Run
        Its parameters and the state of its solver are used in place.
    """

    def __init__(self, recipe: Recipe, samples: Samples, run: Run) -> None:
        assert recipe.batch_size is not None
        assert isinstance(recipe.solver, RepeatableSolver)
        self._recipe, self._samples, self._run, self._solver = recipe, samples, run, recipe.solver
        self._reader = BatchReader(samples, recipe.batch_size, recipe.shuffle, recipe.seed)
        xp, theta = namespace(run.theta), run.theta
        count, rows = len(samples), min(recipe.batch_size, len(samples))
        whole, rest = divmod(count, rows)
        self._order = xp.arange(count, device=theta.device)
        self._rates = empty((whole + (rest > 0), len(recipe.solver.rates(1.0, 1))), theta)
        self._number = xp.zeros(1, dtype=xp.int64, device=theta.device)
        self._loss = xp.zeros((), dtype=xp.float64, device=theta.device)
        self._gradient = empty(theta.shape, theta)
        batches = self._order[: whole * rows].reshape(whole, rows)
        self._steps = [(rows, Repeated(self._step_on(rows, batches), theta))] * whole
        if rest:
            self._steps.append((rest, Repeated(self._step_on(rest, self._order[whole * rows :]), theta)))

    def epoch(self, initial: float) -> tuple[BegunEpoch, float]:
        """Take the steps of the run's next epoch. Returns the epoch's sums, and the rate of the last step.

        `initial` is the rate from which the recipe's schedule computes the rates.
        """
        recipe, run, state, xp = self._recipe, self._run, self._run.solver_state, namespace(self._order)
        taken = [recipe.schedule(initial, state.steps + at, run.samples_seen) for at in range(len(self._steps))]
        rates = [self._solver.rates(rate, state.steps + at) for at, rate in enumerate(taken, 1)]
        self._rates.copy_(xp.as_tensor(np.array(rates)))
        if recipe.shuffle:
            self._order.copy_(xp.as_tensor(self._reader.order(run.epoch)))
        self._number.zero_()
        self._loss.zero_()
        done = counted(f"epoch {run.epoch + 1}", len(self._samples), 0)
        for rows, step in self._steps:
            step()
            state.steps += 1
            done(rows)
        return BegunEpoch(len(self._steps), float(self._loss), len(self._samples)), taken[-1]

    def close(self) -> None:
        """Free the recordings, and their memory on the device."""
        for _, step in self._steps:
            step.close()
        self._steps = []  # they refer to this object

    # What follows is private.

    def _step_on(self, rows: int, order: Array) -> Callable[[], None]:
        """A function that takes one step on a batch of `rows` rows: the next one, or the only one.

        `order` has one row of sample numbers per batch; for the only batch it is that row itself.
        """
        xp, objective, run = namespace(order), self._recipe.objective, self._run
        plan = Plan(objective.network, rows, run.theta, self._gradient)
        batch = self._samples.each(lambda array: empty((rows, *array.shape[1:]), array))
        index, rates = empty((1, rows), order), empty((1, self._rates.shape[1]), self._rates)

        def step() -> None:
            numbers = order if order.ndim == 1 else xp.index_select(order, 0, self._number, out=index)[0]
            for array, buffer in (self._samples.x, batch.x), (self._samples.targets, batch.targets):
                gather_rows(array, numbers, out=buffer)
            loss = plan.loss_and_gradient(
                batch.x,
                batch.targets,
                l2=0.5 * objective.alpha / rows,
                penalise_biases=objective.penalise_biases,
                label_smoothing=objective.label_smoothing,
                validate=False,
                as_array=True,
            )
            self._loss.add_(loss, alpha=rows)
            of_step = xp.index_select(self._rates, 0, self._number, out=rates)[0]
            self._solver.move(run.theta, self._gradient, run.solver_state, *of_step.unbind())
            self._number.add_(1)

        return step


class Repeated:
    """A function without arguments that a GPU records at its second call, and replays from then on.

    All calls take place in one stream. The first call allocates all memory that later calls reuse. cuBLAS keeps a
    workspace for each stream, which other code may free. It is freed before a recording, which then allocates its own,
    and again afterwards, so that nothing else uses the recording's. If PyTorch cannot record the function, a warning
    tells why, and every call runs it.

    Parameters
    ----------
    function : callable
    like : array
        A tensor on the device. If it is in main memory, nothing is recorded.
    """

    def __init__(self, function: Callable[[], None], like: Array) -> None:
        self._function, self._like = function, like
        self._graph: Any = None
        self._calls, self._records = 0, is_on_gpu(like)
        self._stream = namespace(like).cuda.Stream(like.device) if self._records else None

    def __call__(self) -> None:
        """Run the function, or replay its recording."""
        self._calls += 1
        if self._stream is None:
            self._function()
            return
        cuda = namespace(self._like).cuda
        outer = cuda.current_stream(self._like.device)
        self._stream.wait_stream(outer)
        try:
            with cuda.stream(self._stream):
                if self._records and self._calls == 2:
                    self._record()
                self._function() if self._graph is None else self._graph.replay()
        finally:  # also after Ctrl-C
            outer.wait_stream(self._stream)

    def close(self) -> None:
        """Free the recording."""
        graph, self._graph = self._graph, None
        if graph is not None:
            namespace(self._like).cuda.synchronize(self._like.device)
            graph.reset()

    # What follows is private.

    def _record(self) -> None:
        torch = namespace(self._like)
        graph: Any = torch.cuda.CUDAGraph()
        try:
            with ONE_RECORDING, without_collections():
                torch._C._cuda_clearCublasWorkspaces()
                try:
                    # Other threads may use the device meanwhile.
                    with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                        self._function()
                finally:
                    torch._C._cuda_clearCublasWorkspaces()
        except RuntimeError as error:
            self._records = False
            cause = error.__context__ or error  # ending a failed recording raises a second error
            reason = (str(cause).splitlines() or [type(cause).__name__])[0]
            warnings.warn(f"each kernel is launched alone, because steps could not be recorded: {reason}", stacklevel=2)
        else:
            self._graph = graph


@contextmanager
def without_collections() -> Iterator[None]:
    """A context without garbage collection. A recording fails if a collection frees another recording meanwhile."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
