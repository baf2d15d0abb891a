"""Fits of softmax regressions: from samples to a problem, and from the solver's end to attributes."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.array_dispatch import with_numpy
from chainrule.estimators.blocks_of_rows import Logits, linear_logits
from chainrule.estimators.classifier import Classifier, float_of
from chainrule.estimators.logits_of_rows import logits_of
from chainrule.estimators.peer_callbacks import told_steps
from chainrule.estimators.samples_on_cluster import is_on_cluster
from chainrule.estimators.softmax_on_cluster import cluster_problem, held_out_on_cluster
from chainrule.estimators.softmax_problem import inverse_strength, problem_of_samples
from chainrule.estimators.softmax_recipe import SoftmaxRecipe, coefficients
from chainrule.estimators.validation import score
from chainrule.progress import stage, tell
from chainrule.solvers.convex import INTERRUPTED, Certified, Minimum, Problem, Spectrum, put_on


class SoftmaxFits(Classifier):
    """The base class of softmax regressions: how they are fitted, and what they show of the end of a fit."""

    coef_: Any
    intercept_: Any
    n_iter_: Any
    validation_scores_: list[float] | None
    _mass: float
    _precision: Any

    def astype(self, dtype: Any) -> Self:
        """A copy of the fitted model whose predictions and ONNX file have at least this precision; X is not rounded.

        In float64 the copy has the same coefficients; its predictions and those of its ONNX file agree to 1e-14. In
        float32 the coefficients are rounded, and there is no `certificate_` of them.

        Parameters
        ----------
        dtype : {"float32", "float64"}

        Raises
        ------
        ValueError
            For other dtypes.

        Examples
        --------
        >>> from chainrule import SoftmaxRegression
        >>> X = np.array([[0.0], [1.0], [3.0]], dtype=np.float32)
        >>> model = SoftmaxRegression().fit(X, [0, 0, 1])
        >>> model.predict_proba(X).dtype, model.astype("float64").predict_proba(X).dtype
        (dtype('float32'), dtype('float64'))
        """
        check_is_fitted(self, "coef_")
        wanted, model = float_of(dtype), with_numpy(deepcopy(self))
        if np.finfo(wanted).eps > np.finfo(model.coef_.dtype).eps and hasattr(model, "certificate_"):
            model.certificate_ = None
        model.coef_, model.intercept_ = model.coef_.astype(wanted), model.intercept_.astype(wanted)
        return model

    # What follows is private.

    def _read_problem(
        self, X: Any, y: Any, sample_weight: Any, **options: bool
    ) -> tuple[Problem, tuple[Any, Array | None, Array | None]]:
        """The problem of a fit without its penalty, and its samples; of a cluster, without labels and weights.

        The options `continues` and `signed` are those of `_read_samples`.
        """
        if is_on_cluster(X):
            problem = put_on(cluster_problem(self, X, y, sample_weight, **options), self.device)
            return problem, (problem.x, None, None)
        X, y, weights, _ = self._read_samples(X, y, sample_weight, **options)
        with stage("labels"):
            return put_on(problem_of_samples(self, X, y, weights), self.device), (X, y, weights)

    def _held_out_features(self, dtype: Any, X: Any, y: Any, weights: Any) -> tuple[Any, Any, Any]:
        if is_on_cluster(X):
            return held_out_on_cluster(self, dtype, X, y, weights)
        return super()._held_out_features(dtype, X, y, weights)

    def _solve(
        self,
        problem: Problem,
        samples: tuple[Any, Array | None, Array | None],
        start: Array | None = None,
        held_out: tuple[Array, Array, Array | None] | None = None,
        spectrum: Spectrum | None = None,
    ) -> None:
        """Fit to the problem of checked samples, whose spectrum may be known."""
        recipe, C = self._recipe(), inverse_strength(self)
        self.validation_scores_ = None if held_out is None else []
        self.temperature_ = 1.0
        with told_steps(self, *samples, self._fitted_at) as watchers:
            if held_out is not None:
                watchers.append(partial(self._judge, held_out=held_out))
            if spectrum is None:
                spectrum = recipe.spectrum(problem, C)
            found = recipe.fit(problem, C, start, watchers, spectrum, certifies=recipe.certify)
            dtype = recipe.dtype_to_show(found.theta, problem, samples[0].dtype, spectrum)
            end = recipe.certified(problem, C, found, spectrum, dtype)
            if self.validation_scores_ and held_out is not None and end.certificate is not None:
                self.validation_scores_.pop()  # the intercepts have changed since the last step
                self._judge(end.theta, held_out)
            self._adopt(end, dtype)
            self._note_end(found, end)
        self._mass, self._precision = problem.mass, None

    def _recipe(self) -> SoftmaxRecipe:
        return SoftmaxRecipe(
            self.solver,
            self.tol,
            self.max_iter,
            bool(self.mixed_precision),
            self.standardize,
            None if self.n_jobs is None else int(effective_n_jobs(self.n_jobs)),
            self.verbose,
            self.callbacks,
            bool(self.certify),
        )

    def _judge(self, theta: Array, held_out: tuple[Array, Array, Array | None]) -> None:
        """Note the eval_metric on held-out samples."""
        (X, y, weights), d = held_out, held_out[0].shape[1]
        logits = logits_of(X, theta[:d], theta[d:].sum(axis=0))
        assert self.validation_scores_ is not None
        self.validation_scores_.append(score(self.eval_metric, self._encoding, logits, y, weights))

    def _fitted_at(self, theta: Array) -> dict[str, Any]:
        """The attributes with which a copy of the estimator predicts, for the solver's theta."""
        coef, intercept = coefficients(theta, self.fit_intercept)
        known = {"_kind": self._kind, "classes_": self.classes_, "temperature_": 1.0}
        return known | {"coef_": coef, "intercept_": intercept}

    def _adopt(self, end: Certified, dtype: Any = None) -> None:
        """Set the coefficients, in a dtype, and their certificate."""
        self.coef_, self.intercept_ = coefficients(end.theta, self.fit_intercept, dtype)
        self.certificate_ = end.certificate
        if self.verbose and self.certify:
            tell(f"Certificate: {end.certificate or f'none, because {end.reason}'}")

    def _note_end(self, end: Minimum, certified: Certified) -> None:
        """Describe the end of a fit by attributes."""
        self.n_iter_ = np.array([max(end.iterations, min(1, self.max_iter))], dtype=np.int32)
        self.objective_ = end.value if certified.value is None else certified.value
        self.gradient_norm_ = end.gradient_norm if certified.gradient_norm is None else certified.gradient_norm
        self.converged_, self.interrupted_ = end.converged, end.message == INTERRUPTED

    def _forget_end_of_fit(self) -> None:
        """Remove the attributes that describe the end of an earlier fit to all samples."""
        for name in ("objective_", "gradient_norm_", "converged_", "interrupted_", "certificate_"):
            self.__dict__.pop(name, None)

    def _theta(self) -> Array:
        """The coefficients and intercepts as the solver's parameters."""
        weights = (self.coef_.toarray() if is_sparse(self.coef_) else self.coef_).T
        return np.vstack([weights, self.intercept_[None]]) if self.fit_intercept else weights

    def _logits(self, X: Any) -> Logits:
        check_is_fitted(self, "coef_")
        X = self._features_to_predict(X)
        parts, name = (self.coef_, self.intercept_), type(self).__name__
        return linear_logits(X, *parts, name=name, temperature=self.temperature_)
