"""The base class of the classifiers that train a network: fit, partial_fit, predictions and input gradients."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array, is_sparse, on_device, to_numpy
from chainrule.estimators import parameters as check
from chainrule.estimators.agreement import agree, checkpoint_of
from chainrule.estimators.availability import available_unless
from chainrule.estimators.blocks_of_rows import Logits, finite_block, input_gradients, network_logits
from chainrule.estimators.class_encoding import BINARY, MULTICLASS, ClassEncoding, encoding_of
from chainrule.estimators.classifier import Classifier, float_of
from chainrule.estimators.continued_networks import check_same_shapes, with_more_classes
from chainrule.estimators.notices import warn_unless_converged, warn_unless_learned
from chainrule.estimators.persistence import ModelFileError
from chainrule.estimators.recipes import LIMITS, Parameters, one_epoch_of, recipe_of
from chainrule.estimators.sample_weights import with_class_weight
from chainrule.estimators.transactions import all_or_nothing, showing_progress
from chainrule.estimators.validation import hold_out, judge_of
from chainrule.networks import Network
from chainrule.solvers import SolverState
from chainrule.storage import StoredRows, is_source
from chainrule.training import Change, Checkpointing, Fit, History, Judge, Objective, Run, Samples, train
from chainrule.training.processes import Processes, from_rank_0


def _takes_no_batches(estimator: NetworkClassifier) -> str:
    return "it needs a solver that steps through batches; lbfgs does not" if estimator.solver == "lbfgs" else ""


class NetworkClassifier(Parameters, Classifier):
    """The base class of the classifiers that train a network."""

    _rows_of_a_batch = 200
    """The default batch size."""
    _structural: Sequence[str] = ("dropout", "loss")
    """The parameters that say which network is built and how its inputs are prepared."""
    _limits: check.Limits = LIMITS
    _only_binary: ClassVar = {"loss": "squared_error"}

    coefs_: list[Array]
    best_loss_: Any
    best_validation_score_: float | None
    n_features_in_: int
    _seed: int

    @all_or_nothing
    @showing_progress
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        keep_best: bool = True,
    ) -> Self:
        """Fit to samples X with labels y.

        Parameters
        ----------
        X : array or CSR/CSC matrix of shape (n_samples, n_features)
            `MLPClassifier` also takes samples in files, as a `chainrule.storage.RowSource`. Each epoch reads them once,
            and keeps two windows of at most 128 MB each in memory.
        y : array of shape (n_samples,), or a 0/1 matrix for multilabel targets, or, with ``targets="proba"``, rows of
            class probabilities
            By default, the labels in the files.
        sample_weight : array of shape (n_samples,), optional
            At least 0; a weight of 2 means the same as giving the sample twice. By default, the weights in the files.
        eval_set : tuple (X, y) or (X, y, sample_weight), optional
            Held-out samples that decide which epoch is best; its weights are restored. With ``early_stopping`` they
            replace the validation fraction. ``class_weight`` applies to them too. Samples in files may be given alone
            if the files also hold the labels.
        X_val, y_val, sample_weight_val : arrays, optional
            The same samples as separate arrays, which scikit-learn's ``Pipeline(..., transform_input=["X_val"])``
            transforms.
        keep_best : bool, default=True
            False only scores the held-out samples, for `validation_scores_`; they then decide nothing.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For shapes that do not fit, NaN or infinity, a single class, or parameters out of range.
        FloatingPointError
            If the loss overflows.
        KeyboardInterrupt
            On Ctrl-C in the first epoch: the estimator is then as before. Later, Ctrl-C ends the fit without an error,
            and ``stopped_by_`` is "interrupt": the weights are those of the best epoch if held-out samples decide,
            otherwise those so far. With `checkpoint`, the file is kept, and the same fit continues from it.
        """
        check.flag("keep_best", keep_best)
        if self.early_stopping and not keep_best:
            raise ValueError("keep_best: early_stopping=True keeps the best epoch, got False")
        fit = self._prepared(X, y, sample_weight, (eval_set, X_val, y_val, sample_weight_val), keep_best)
        train(fit.recipe, fit.samples, fit.run, fit.judge)
        return self._fitted(fit)

    def _prepared(
        self, X: Any, y: Any, sample_weight: Any = None, held_out: tuple[Any, ...] = (None,), keep_best: bool = True
    ) -> Fit:
        """All that `fit` does before the first step."""
        check.within(vars(self), self._limits)
        continues = self.warm_start and hasattr(self, "coefs_")
        X, y, weights, encoding = self._read_samples(X, y, sample_weight, continues=continues)
        processes = self._agree("fit", X, y, weights, continues=continues)
        if continues:
            self._rebuild(X, weights)
        else:
            self._start(encoding, X, weights)
        held = None if all(part is None for part in held_out) else self._held_out(X.dtype, *held_out)
        checkpoint = checkpoint_of(self, processes, X, y, weights, *(held if held and keep_best else ()))
        if checkpoint is not None:
            self._seed = checkpoint.seed
        theta = self._theta(X.dtype) if continues else self._network.initial_parameters(self._seed, X.dtype)
        if self.class_weight is not None:
            X, y, weights = with_class_weight(self.class_weight, encoding, X, y, weights)
        # As in scikit-learn, early stopping is for solvers with epochs: lbfgs is fitted to all samples.
        if self.early_stopping and self.solver != "lbfgs" and held is None:
            kept, others = hold_out(y, encoding, fraction=self.validation_fraction, seed=self._seed)
            if isinstance(X, StoredRows) or not self.shuffle:
                kept, others = np.sort(kept), np.sort(others)  # in the order of the files, and alike in memory
            held = X[others], y[others], None if weights is None else weights[others]
            X, y, weights = X[kept], y[kept], None if weights is None else weights[kept]
        judge = None
        if held is not None:
            rows, *rest = held
            self._check_values(rows)
            inputs = self._to_network(rows)
            judge = judge_of(self._network, encoding, inputs, *rest, metric=self.eval_metric, decides=keep_best)
        watched = judge is not None
        history = History(scores=[] if watched else None)
        if continues and watched == (self.validation_scores_ is not None):
            history = self._history()
        run = Run(theta, samples_seen=self.t_, history=history)
        return self._fit_of(encoding, X, y, weights, run, judge, checkpoint, processes=processes)

    def _fitted(self, fit: Fit) -> Self:
        """All that `fit` does after the last step."""
        history, watched = self._take(fit.run), fit.judge is not None and fit.judge.decides
        self.best_loss_, self.best_validation_score_ = (None, history.best) if watched else (history.best, None)
        # scikit-learn's own tests of early stopping read this.
        self._no_improvement_count = history.waited
        warn_unless_converged(self, history, watched)
        warn_unless_learned(fit)
        return self

    @available_unless(_takes_no_batches)
    @all_or_nothing
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Run one epoch over the given samples, starting where the last call ended. Callbacks are called after it.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that will ever occur; needed at the first call, unless ``new_classes="add"``.
        """
        check.within(vars(self), self._limits)
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.checkpoint is not None:
            raise ValueError(
                f"checkpoint: expected None for partial_fit, whose one epoch has none, got {self.checkpoint!r}"
            )
        if is_source(X):
            raise ValueError("X: partial_fit takes arrays, got samples in files; fit takes them")
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all samples at once; give partial_fit a dict instead")
        first, adds = not hasattr(self, "coefs_"), self.new_classes == "add"
        if first and classes is None and not adds and self.targets != "proba":
            raise ValueError("classes must be passed on the first call to partial_fit")
        X, y, weights = self._checked_samples(X, y, sample_weight, reset=first)
        processes = self._agree("partial_fit", X, y, weights, continues=not first)
        known = y
        if y.ndim == 1:
            known = np.unique(y if classes is None else classes)
            known = np.union1d(known, y) if adds else known
        if first:
            encoding = encoding_of(known, probabilities=self.targets == "proba")
            self._kind, self.classes_ = encoding.kind, encoding.classes
            self._start(encoding, X, weights)
            theta = self._network.initial_parameters(self._seed, X.dtype)
            history, best_loss, self.best_validation_score_ = History(), None, None
        else:
            if y.ndim == 1 and adds:
                self._add_classes(np.union1d(known, self.classes_))
            elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
                )
            self._rebuild(X, weights)
            theta = self._theta(X.dtype)
            history, best_loss = self._history(), self.best_loss_
        self._check_known(y, advice=" Name all labels in classes= at the first call, or give new_classes='add'.")
        encoding = self._encoding
        X, y, weights = with_class_weight(self.class_weight, encoding, X, y, weights, classes_to_come=adds)
        state = SolverState(self._solver_vectors, self._solver_steps)
        run = Run(theta, state, self._epochs_run, self.t_, history)
        fit = self._fit_of(encoding, X, y, weights, run, one_epoch=True, processes=processes)
        train(fit.recipe, fit.samples, run)
        self._take(run)
        self.stopped_by_ = "partial_fit"
        self.best_loss_ = history.loss if best_loss is None else min(best_loss, history.loss)
        return self

    def input_gradient(self, X: Any, y: Any) -> Array:
        """The gradient of each sample's loss with respect to its features, in the shape of X.

        Parameters
        ----------
        X : array
            As in `fit`.
        y : labels or rows of targets, as in `fit`
        """
        if is_source(X):
            raise ValueError("X: input_gradient takes arrays, got samples in files")
        theta, features, prepare = self._inputs(X)
        y = self._checked_targets(features, y)
        targets = self._encoding.targets(y, theta.dtype, self.label_smoothing)
        gradients = input_gradients(self._objective(), theta, features, targets, prepare=prepare)
        return self._to_features(gradients).reshape(np.shape(X))

    def astype(self, dtype: Any) -> Self:
        """A copy whose weights, and so whose predictions and exports, are in another precision.

        The same weights in float64 give the probabilities without the rounding of each layer's outputs. That changed
        them by 2e-6 at most in 20 fits of the default `ConvClassifier` to digits, which
        ``python -m benchmarks.onnx_precision`` shows.

        Parameters
        ----------
        dtype : {"float32", "float64"}

        Raises
        ------
        ValueError
            For other dtypes.

        Examples
        --------
        >>> from chainrule import MLPClassifier
        >>> X, y = np.eye(4, dtype=np.float32), [0, 1, 0, 1]
        >>> model = MLPClassifier(4, max_iter=3, learning_rate="cosine").fit(X, y)
        >>> model.predict_proba(X).dtype, model.astype("float64").predict_proba(X).dtype
        (dtype('float32'), dtype('float64'))
        """
        check_is_fitted(self, "coefs_")
        theta, model = self._theta(float_of(dtype)), deepcopy(self)
        model._show(theta)
        return model

    # Hooks: the classifiers differ in these.

    @abstractmethod
    def _network_for(self, loss: str) -> Network:
        """The network that `_structure` describes, for the numbers of features and outputs."""

    def _learn_inputs(self, X: Array, weights: Array | None) -> None:
        """Learn the data that `_to_network` needs from the samples."""

    def _check_values(self, X: Array) -> None:
        """Warn of values unlike those of training; the calling thread does it once, before blocks go to others."""

    def _to_network(self, X: Array, *, training: bool = False) -> Array:
        """Rows of features as the network takes them; while `training`, before the random changes of batches."""
        return X

    def _change_of_batches(self) -> Change | None:
        """The random changes of the rows of every batch."""
        return None

    def _to_features(self, gradients: Array) -> Array:
        """Gradients with respect to the features, from those with respect to the inputs of the network."""
        return gradients

    def _agree(self, method: str, X: Array, y: Array, weights: Array | None, *, continues: bool) -> Processes | None:
        """The processes that share the fit, if torch.distributed has a group; see `agree`."""
        theta = self._theta() if continues else None
        arrays = {"X": X, "y": y, "sample_weight": weights, "the weights so far": theta}
        return agree(f"{type(self).__name__}.{method}", self.get_params(deep=False), **arrays)

    def _start(self, encoding: ClassEncoding, X: Array, weights: Array | None) -> None:
        """Forget what was learned, build the network, and learn from the samples how its inputs are prepared."""
        self._fix_structure()
        self._build(encoding)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._seed = from_rank_0(lambda: seed)
        self._solver_vectors: dict[str, Array] = {}
        self._solver_steps = self._epochs_run = self.t_ = self.n_iter_ = 0
        self._learn_inputs(X, weights)

    def _fix_structure(self) -> None:
        """Copy the structural parameters as they are now: the network stays as it was built if they are set later."""
        self._structure = {name: deepcopy(getattr(self, name)) for name in self._structural}

    def _build(self, encoding: ClassEncoding) -> None:
        """Build the network for the structure and these classes."""
        squared = self._structure["loss"] == "squared_error"
        if squared and encoding.kind != BINARY:
            raise ValueError(f"loss='squared_error' is for two classes, got {encoding.kind} targets")
        self.n_outputs_, self.out_activation_ = encoding.n_outputs, encoding.out_activation
        self._network = self._network_for("half_squared_error" if squared else encoding.loss)

    def _rebuild(self, X: Array, weights: Array | None) -> None:
        """Continue from the current weights with the structural parameters as they are now."""
        built = self._network
        self._fix_structure()
        self._build(self._encoding)
        check_same_shapes(built, self._network, self._structural)

    def _add_classes(self, classes: Array) -> None:
        """Widen the output layer: draw initial values for the new classes, and keep the values of the others."""
        if np.array_equal(classes, self.classes_):
            return
        blocks, columns = self._network.unpack(self._theta()), np.searchsorted(classes, self.classes_)
        encoding = encoding_of(classes)
        self._kind, self.classes_ = encoding.kind, encoding.classes
        self._build(encoding)
        self._show(with_more_classes(blocks, self._network, columns, self._seed))
        # The solver's averages have another length now; they start again from zero.
        self._solver_vectors, self._solver_steps = {}, 0

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the network, which `__setstate__` builds again from the structure."""
        return {name: value for name, value in super().__getstate__().items() if name != "_network"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, and build the network, so that a layer or rule that is missing here is an error now."""
        super().__setstate__(state)
        if hasattr(self, "coefs_"):
            if "_structure" not in state:  # files of chainrule 0.1 hold only the parameters
                self._fix_structure()
            try:
                self._build(self._encoding)
            except ValueError as error:
                raise ModelFileError(
                    "it needs a network that cannot be built. Import the module of your own layers first, and register "
                    f"your own rules: {error}"
                ) from error

    def _objective(self) -> Objective:
        return Objective(self._network, self.alpha, self.label_smoothing if self._kind == MULTICLASS else 0.0)

    def _theta(self, dtype: Any = None) -> Array:
        """The flat parameters, copied from coefs_ and intercepts_, which users may change between calls."""
        weights, biases = iter(self.coefs_), iter(self.intercepts_)
        blocks = self._network.blocks
        theta = self._network.pack([np.asarray(next(weights if b.parameter.penalised else biases)) for b in blocks])
        return theta.astype(dtype or theta.dtype, copy=False)

    def _fit_of(
        self,
        encoding: ClassEncoding,
        X: Array,
        y: Array,
        weights: Array | None,
        run: Run,
        judge: Judge | None = None,
        checkpoint: Checkpointing | None = None,
        *,
        one_epoch: bool = False,
        processes: Processes | None = None,
    ) -> Fit:
        """The arguments of `train`, for these samples."""
        inputs = self._to_network(X, training=True)
        recipe = recipe_of(
            self,
            self._objective(),
            len(y),
            default_batch_size=self._rows_of_a_batch,
            seed=self._seed,
            judged=judge is not None and (judge.decides or self.solver == "lbfgs"),
            change=self._change_of_batches(),
            checkpoint=checkpoint,
            processes=processes,
        )
        targets = encoding.targets(y, X.dtype, self.label_smoothing)
        if self._structure["loss"] == "log_loss":
            recipe = replace(recipe, chance=encoding.chance(targets, weights, self.label_smoothing))
        recipe = one_epoch_of(recipe, self) if one_epoch else recipe
        samples = Samples(inputs, targets, weights)
        return Fit(recipe, samples, run, judge)

    def _take(self, run: Run) -> History:
        """Translate the outcome of a run into attributes."""
        history = run.history
        self.loss_curve_, self.validation_scores_ = history.losses, history.scores
        self.loss_, self.n_iter_, self.stopped_by_ = history.loss, history.epochs, history.stopped_by
        self.t_ = run.samples_seen
        if self.solver != "lbfgs":
            self._solver_vectors = {name: to_numpy(vector) for name, vector in run.solver_state.vectors.items()}
            self._solver_steps, self._epochs_run = run.solver_state.steps, run.epoch
        self._show(run.theta)
        return history

    def _history(self) -> History:
        """The curves so far, as copies, so that a fit that fails leaves them unchanged."""
        return History(self.loss_curve_.copy(), copy(self.validation_scores_))

    def _show(self, theta: Array) -> None:
        """Show theta as coefs_ and intercepts_, which are views of it."""
        views = list(zip(self._network.blocks, self._network.unpack(to_numpy(theta)), strict=True))
        self.coefs_ = [view for block, view in views if block.parameter.penalised]
        self.intercepts_ = [view for block, view in views if not block.parameter.penalised]
        # scikit-learn counts the inputs as a layer.
        self.n_layers_ = len(self.coefs_) + 1

    def _inputs(self, X: Any) -> tuple[Array, Array, Callable[[Array], Array]]:
        """The flat parameters, X with a row per sample, and how the network takes a block of these rows."""
        check_is_fitted(self, "coefs_")
        theta = self._theta()
        features = self._features_to_predict(X)
        self._check_values(features)

        def prepare(rows: Array) -> Array:
            return self._to_network(finite_block(rows, type(self).__name__).astype(theta.dtype, copy=False))

        return theta, features, prepare

    def _logits(self, X: Any) -> Logits:
        theta, features, prepare = self._inputs(X)
        sparse = features.sparse if isinstance(features, StoredRows) else is_sparse(features)
        theta = theta if sparse else on_device(theta, self.device)
        return network_logits(self._network, theta, features, prepare=prepare)
