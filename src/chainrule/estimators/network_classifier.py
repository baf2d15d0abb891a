"""What the classifiers made of networks share: fitting by epochs or at once, going on, checkpoints, input gradients."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted

from chainrule.arrays import Array, is_sparse, on_device, to_numpy
from chainrule.estimators.blocks_of_rows import Logits, finite_block
from chainrule.estimators.checkpoints import Checkpointer, check_folder, fingerprint_of
from chainrule.estimators.classifier import Classifier
from chainrule.estimators.fitting import epochs_of, fit_epochs, record
from chainrule.estimators.heads import BINARY, MULTICLASS, Head, head_of, head_of_classes
from chainrule.estimators.inputs import (
    checked_features,
    checked_labels,
    checked_probabilities,
    checked_samples,
    features_to_predict,
    joined_eval_set,
    with_class_weight,
)
from chainrule.estimators.lbfgs import INTERRUPTED, minimise
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.solving import NEEDS_ONE_OBJECTIVE, batch_size_of, check_parameters, schedule_of, solver_of
from chainrule.estimators.transactions import all_or_nothing
from chainrule.estimators.validation import Validation, forward, hold_out, rows_of_a_block
from chainrule.networks import Network, Plan
from chainrule.training import Change, Objective, Run, Samples
from chainrule.training.threads import suitable_threads


def _iterative(estimator: NetworkClassifier) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit needs a solver that steps through batches; lbfgs does not")
    return True


class NetworkClassifier(Classifier):
    """A classifier whose `_network` is a network; those below set its parameters."""

    solver: str
    alpha: float
    random_state: Any
    tol: float
    max_iter: int
    max_fun: int
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    label_smoothing: float
    class_weight: Any
    loss: str
    eval_metric: Any
    new_classes: str
    checkpoint: Any
    device: str | None

    # What inputs are taken, besides dense floats; the dtype of integers; the rows of a batch by default.
    _sparse: Sequence[str] | bool = ("csr", "csc")
    _first_dtype: Any = np.float64
    _rows_of_a_batch = 200
    # The parameters that say which network is built, and what is done to its inputs.
    _structural: Sequence[str] = ("dropout", "loss")

    coefs_: list[Array]
    loss_: float
    best_loss_: Any
    stopped_by_: str
    n_iter_: int
    t_: int
    n_features_in_: int

    @all_or_nothing
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit to samples X with labels y.

        Parameters
        ----------
        X : array or CSR/CSC matrix of shape (n_samples, n_features)
        y : array of shape (n_samples,), or a 0/1 matrix for several labels at once, or, with ``targets="proba"``, rows
            of class probabilities
        sample_weight : array of shape (n_samples,), optional
            At least 0; a weight of 2 means the same as giving the sample twice.
        eval_set : tuple (X, y) or (X, y, sample_weight), optional
            Held-out samples by which epochs are judged; the weights of the best epoch are restored. With
            ``early_stopping`` it takes the place of the validation fraction. ``class_weight`` applies to it too.
        X_val, y_val, sample_weight_val : arrays, optional
            The same, apart: what scikit-learn's ``Pipeline(..., transform_input=["X_val"])`` sends through its steps.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For inputs of unfitting shapes, NaN or infinity, a single class, or parameters out of range.
        FloatingPointError
            When the loss overflows.
        """
        check_parameters(self)
        self._check_own_parameters()
        eval_set = joined_eval_set(eval_set, X_val, y_val, sample_weight_val)
        if self.checkpoint is not None:
            check_folder(self.checkpoint)
        continues = self.warm_start and hasattr(self, "coefs_")
        rows = self._as_rows(X, reset=not continues)
        X, y, weights = checked_samples(self, rows, y, sample_weight, reset=not continues)
        head = head_of(y, probabilities=self.targets == "proba", squared=self.loss == "squared_error")
        if continues:
            self._check_same_classes(head)
            self._rebuild(X, weights)
            theta = self._theta(X.dtype)
        else:
            self._start(head)
            self._learn_inputs(X, weights)
        if eval_set is not None and self.solver == "lbfgs":
            raise ValueError("eval_set: lbfgs has no epochs to judge; choose another solver")
        validation = None if eval_set is None else self._eval_set(eval_set, X.dtype)
        checkpointer = None
        if self.checkpoint is not None:
            judged = () if validation is None else (validation.x, validation.y, validation.weights)
            checkpointer = Checkpointer(self.checkpoint, fingerprint_of(self, X, y, weights, *judged))
            if checkpointer.found is not None:
                self._seed = checkpointer.found.seed
        if not continues:
            theta = self._network.initial_parameters(self._seed, X.dtype)
        X, y, weights = with_class_weight(self.class_weight, head, X, y, weights)
        X = self._scaled(X)
        samples = Samples(X, head.targets(y, X.dtype, self.label_smoothing), weights)
        # As scikit-learn's, early stopping is for solvers that have epochs: lbfgs is fitted to all samples.
        holds_out = self.early_stopping and self.solver != "lbfgs"
        self._watched = holds_out or validation is not None
        if not continues or self._watched != (self.validation_scores_ is not None):
            self._start_scores()
        if holds_out and validation is None:
            kept, held_out = hold_out(samples, y, head, fraction=self.validation_fraction, seed=self._seed)
            held_weights = None if weights is None else weights[held_out]
            held_x = self._for_prediction(X[held_out])
            validation = Validation(held_x, y[held_out], held_weights, self.eval_metric, self.device)
            samples = kept
        self.n_iter_ = 0
        theta = on_device(theta, self.device)
        samples = self._placed(samples)
        if self.solver == "lbfgs":
            self._fit_lbfgs(theta, samples)
        else:
            solver = solver_of(self, self._network.n_weights)
            run = Run(theta, solver.start(theta), 0, self.t_)
            fit_epochs(self, run, self._objective(), solver, samples, validation, checkpointer)
            self._remember(run)
        self._adopt(theta)
        return self

    @available_if(_iterative)  # type: ignore[untyped-decorator]
    @all_or_nothing
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Run one epoch over the given samples, starting from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that will ever occur; needed at the first call, unless ``new_classes="add"``.
        """
        check_parameters(self)
        self._check_own_parameters()
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all samples at once; give partial_fit a dict instead")
        first = not hasattr(self, "coefs_")
        if first and classes is None and self.new_classes != "add" and self.targets != "proba":
            raise ValueError("classes must be passed on the first call to partial_fit")
        X, y, weights = checked_samples(self, self._as_rows(X, reset=first), y, sample_weight, reset=first)
        named = y.ndim == 1 and (classes is not None or self.new_classes == "add")
        if first:
            known = np.unique(y if classes is None else classes)
            if self.new_classes == "add":
                known = np.union1d(known, y)
            squared = self.loss == "squared_error"
            head = (
                head_of_classes(known, squared=squared)
                if named
                else head_of(y, probabilities=self.targets == "proba", squared=squared)
            )
            self._start(head)
            self._learn_inputs(X, weights)
            self._start_scores()
        elif named and self.new_classes == "add":
            self._add_classes(np.union1d(y, self.classes_ if classes is None else np.union1d(classes, self.classes_)))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        if not first:
            self._rebuild(X, weights)
        self._check_known(y)
        theta = self._network.initial_parameters(self._seed, X.dtype) if first else self._theta(X.dtype)
        theta = on_device(theta, self.device)
        solver = solver_of(self, self._network.n_weights)
        run = Run(theta, solver.start(theta), self._epochs_run, self.t_)
        if self._solver_steps:
            kept = {name: on_device(vector, self.device) for name, vector in self._solver_vectors.items()}
            solver.resume(run.solver_state, kept, self._solver_steps)
        open_ended = self.new_classes == "add"
        X, y, weights = with_class_weight(self.class_weight, self._head, X, y, weights, classes_to_come=open_ended)
        samples = self._placed(Samples(self._scaled(X), self._head.targets(y, X.dtype, self.label_smoothing), weights))
        self.n_iter_ = 0
        rows = batch_size_of(self, len(samples))
        with suitable_threads(self._network, rows):
            record(self, next(epochs_of(self, run, self._objective(), solver, samples, schedule_of(self, 1), rows)))
        self._adopt(theta)
        self.best_loss_ = self.loss_ if self.best_loss_ is None else min(self.best_loss_, self.loss_)
        self.stopped_by_ = "partial_fit"
        self._remember(run)
        return self

    def input_gradient(self, X: Any, y: Any) -> Array:
        """The gradient of each sample's loss by its features, of X's shape: what would change the prediction most.

        Parameters
        ----------
        X : array
            As in `fit`.
        y : labels, or rows of targets, as in `fit`
        """
        check_is_fitted(self, "coefs_")
        theta = self._theta()
        shape = np.shape(X)
        features, name = features_to_predict(self, self._as_rows(X, reset=False)), type(self).__name__
        y = checked_probabilities(y) if self.targets == "proba" else checked_labels(np.asarray(y))
        check_consistent_length(features, y)
        self._check_known(y)
        targets = self._head.targets(y, theta.dtype, self.label_smoothing)
        gradients = np.empty(features.shape, theta.dtype)
        step = rows_of_a_block(self._network)
        for start in range(0, len(y), step):
            rows = slice(start, start + step)
            block = finite_block(features[rows], name).astype(theta.dtype, copy=False)
            block = self._for_prediction(self._scaled(block))
            plan = Plan(self._network, block.shape[0], theta, input_gradient=True)
            plan.loss_and_gradient(block, targets[rows], label_smoothing=self._objective().label_smoothing)
            # The plan's loss is the mean over its rows.
            gradients[rows] = self._to_features(plan.input_gradient * block.shape[0])
        return gradients.reshape(shape)

    # What follows is private. First, what the classifiers differ in.

    @abstractmethod
    def _check_own_parameters(self) -> None:
        """Raise ValueError for a value out of range of a parameter that only this classifier has."""

    @abstractmethod
    def _network_for(self, loss: str) -> Network:
        """The network that `_built_with` describes, for the numbers of features and outputs."""

    def _as_rows(self, X: Any, *, reset: bool) -> Any:
        """X with one row of features per sample; with `reset`, the shape of the samples is remembered."""
        return X

    def _learn_inputs(self, X: Array, weights: Array | None) -> None:
        """Learn from the samples what `_scaled` needs."""

    def _scaled(self, X: Array) -> Array:
        """Rows of features as training takes them."""
        return X

    def _for_prediction(self, X: Array) -> Array:
        """Rows of features as the network takes them when nothing is random."""
        return X

    def _change_of_batches(self) -> Change | None:
        """What is done at random to the rows of every batch."""
        return None

    def _to_features(self, gradients: Array) -> Array:
        """Gradients by what the network takes as gradients by the features."""
        return gradients

    # The rest is the same for all.

    def _start(self, head: Head) -> None:
        """Forget what was learned."""
        self._structure = self._structure_of_parameters()
        self._kind = head.kind
        self.classes_ = head.classes
        self.n_outputs_ = head.n_outputs
        self.out_activation_ = head.out_activation
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._solver_vectors: dict[str, Array] = {}
        self._solver_steps = self._epochs_run = self.t_ = self.n_iter_ = 0
        self._watched = False

    def _structure_of_parameters(self) -> dict[str, Any]:
        """The structural parameters as they are now, in copies that the user cannot change."""
        return {name: deepcopy(getattr(self, name)) for name in self._structural}

    def _built_with(self, name: str) -> Any:
        """A structural parameter as it was when the network was built, whatever it has been set to since.

        Files written before these were kept have the parameters alone.
        """
        structure = vars(self).get("_structure", {})
        return structure[name] if name in structure else getattr(self, name)

    def _rebuild(self, X: Array, weights: Array | None) -> None:
        """Go on from the weights that there are with the structural parameters as they are now."""
        built = {block.name: block.parameter.shape for block in self._network.blocks}
        self._structure = self._structure_of_parameters()
        wanted = {block.name: block.parameter.shape for block in self._network.blocks}
        if wanted != built:
            name = next(name for name in built | wanted if built.get(name) != wanted.get(name))
            raise ValueError(
                f"the fit that is to go on has {name} of shape {built.get(name)}, and the parameters now describe a "
                f"network with {name} of shape {wanted.get(name)}: put {', '.join(self._structural)} back, or start "
                "anew with another estimator"
            )

    def _start_scores(self) -> None:
        """Forget how the epochs went."""
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = [] if self._watched else None
        self.best_validation_score_: float | None = None
        self.best_loss_ = None if self._watched else np.inf

    def _eval_set(self, eval_set: Any, dtype: Any) -> Validation:
        """Held-out samples as the user gives them."""
        X = checked_features(self, self._as_rows(eval_set[0], reset=False), dtype)
        y = checked_probabilities(eval_set[1]) if self.targets == "proba" else checked_labels(np.asarray(eval_set[1]))
        check_consistent_length(X, y)
        self._check_known(y, "eval_set: `y`")
        weights = None
        if len(eval_set) == 3 and eval_set[2] is not None:
            if not np.any(eval_set[2]):
                raise ValueError("eval_set: every sample has the weight zero, so there is nothing to judge by")
            weights = _check_sample_weight(eval_set[2], X, dtype=X.dtype, ensure_non_negative=True)
        X, y, weights = with_class_weight(self.class_weight, self._head, X, y, weights)
        X = self._for_prediction(self._scaled(X))
        return Validation(X, y, weights, self.eval_metric, self.device)

    def _placed(self, samples: Samples) -> Samples:
        """The samples where training takes place."""
        if self.device is None:
            return samples
        if is_sparse(samples.x):
            raise ValueError(f"device={self.device!r} takes dense X; sparse X is for device=None")
        weights = None if samples.weights is None else on_device(samples.weights, self.device)
        return Samples(on_device(samples.x, self.device), on_device(samples.targets, self.device), weights)

    def _add_classes(self, classes: Array) -> None:
        """Widen the output layer, with first values drawn for the new classes and the old ones as they are."""
        if np.array_equal(classes, self.classes_):
            return
        old = self._network.unpack(self._theta())
        weight, bias = old[-2:]
        if self._head.kind == BINARY:
            # One logit o is a softmax over -o/2 and o/2.
            weight, bias = np.hstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
        places = np.searchsorted(classes, self.classes_)
        head = head_of_classes(classes, squared=self.loss == "squared_error")
        self._kind, self.classes_ = head.kind, head.classes
        self.n_outputs_, self.out_activation_ = head.n_outputs, head.out_activation
        theta = self._network.initial_parameters(self._seed, weight.dtype, draw=len(classes))
        new = self._network.unpack(theta)
        for before, after in zip(old[:-2], new[:-2], strict=True):
            after[...] = before
        new[-2][:, places], new[-1][places] = weight, bias
        self._adopt(theta)
        # The solver's averages have another length now; they start anew.
        self._solver_vectors, self._solver_steps = {}, 0

    @property
    def _head(self) -> Head:
        return Head(self._kind, self.classes_, self._built_with("loss") == "squared_error")

    @property
    def _network(self) -> Network:
        return self._network_for(self._head.loss)

    def _objective(self) -> Objective:
        return Objective(self._network, self.alpha, self.label_smoothing if self._kind == MULTICLASS else 0.0)

    def _theta(self, dtype: Any = None) -> Array:
        """The flat parameters, copied from coefs_ and intercepts_, which are the truth between calls."""
        weights, biases = iter(self.coefs_), iter(self.intercepts_)
        blocks = self._network.blocks
        theta = self._network.pack([np.asarray(next(weights if b.parameter.penalised else biases)) for b in blocks])
        return theta.astype(dtype or theta.dtype, copy=False)

    def _adopt(self, theta: Array) -> None:
        """Show theta as coefs_ and intercepts_, which are views of it."""
        views = list(zip(self._network.blocks, self._network.unpack(to_numpy(theta)), strict=True))
        self.coefs_ = [view for block, view in views if block.parameter.penalised]
        self.intercepts_ = [view for block, view in views if not block.parameter.penalised]
        # Those of units, so that the inputs count too.
        self.n_layers_ = len(self.coefs_) + 1

    def _remember(self, run: Run) -> None:
        """What partial_fit continues from."""
        self._solver_vectors = {name: to_numpy(vector) for name, vector in run.solver_state.vectors.items()}
        self._solver_steps, self._epochs_run = run.solver_state.steps, run.epoch

    def _fit_lbfgs(self, theta: Array, samples: Samples) -> None:
        if any(layer.noise is not None for layer in self._network.layers):
            raise ValueError(f"layers: expected none of dropout for lbfgs, which {NEEDS_ONE_OBJECTIVE}")
        result = minimise(
            self._objective(),
            samples,
            theta,
            iterations=self.max_iter,
            evaluations=self.max_fun,
            tol=self.tol,
        )
        self.loss_ = self.best_loss_ = result.loss
        self.n_iter_ = result.iterations
        self.t_ += len(samples) * result.evaluations
        self.stopped_by_ = "convergence" if result.converged else "max_iter"
        if result.message == INTERRUPTED:
            self.stopped_by_ = "interrupt"
            warn_caller(f"Training interrupted by user after {result.iterations} iterations; their weights are kept.")
        elif not result.converged:
            warn_caller(
                f"lbfgs failed to converge after {result.iterations} iterations ({result.message}). Increase max_iter "
                "or max_fun, or scale the features.",
                ConvergenceWarning,
            )

    def _logits(self, X: Any) -> Logits:
        check_is_fitted(self, "coefs_")
        theta, name = self._theta(), type(self).__name__
        features = features_to_predict(self, self._as_rows(X, reset=False))
        device = None if is_sparse(features) else self.device

        def prepare(block: Array) -> Array:
            return self._for_prediction(self._scaled(finite_block(block, name).astype(theta.dtype, copy=False)))

        return forward(self._network, on_device(theta, device), features, device, prepare=prepare)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes, with these parameters."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._sparse) and self.device is None
        tags.classifier_tags.multi_class = self.loss == "log_loss"
        tags.classifier_tags.multi_label = self.loss == "log_loss" and self.targets == "labels"
        return tags
