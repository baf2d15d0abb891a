"""A convolutional classifier of images with scikit-learn's interface, trained by closed-form gradients."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.recipes import LIMITS
from chainrule.networks import Network, network_of_layers
from chainrule.networks.stack import specs_of, with_head
from chainrule.training import Augmentation, Change

SMALLEST = 4
"""Sides of images that the default layers still halve."""


def _augmentation_of(name: str, value: Any) -> Augmentation:
    """The parameter `augment` as an Augmentation."""
    if isinstance(value, Augmentation):
        return value
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name}: expected words, an Augmentation or None, got {value!r}")
    return Augmentation.read(value or "")


def _shape_of_images(name: str, value: Any) -> tuple[int, ...] | None:
    """Channels, height and width, from two or three whole numbers; None from None."""
    if value is None:
        return None
    try:
        shape = tuple(check.integer(name, int(size), at_least=1) for size in value)
    except (TypeError, ValueError):
        shape = ()
    if len(shape) not in (2, 3):
        raise ValueError(f"{name}: expected height and width, or channels, height and width, got {value!r}")
    return (1, *shape) if len(shape) == 2 else shape


def _shape_of_pixels(count: int) -> tuple[int, ...]:
    """A square image of one channel, or a single line where the number of pixels is no square."""
    side = math.isqrt(count)
    return (1, side, side) if side * side == count else (1, 1, count)


def _is_automatic(layers: Any) -> bool:
    return isinstance(layers, str) and layers.strip() == "auto"


def _check_layers(name: str, value: Any) -> None:
    if not _is_automatic(value):
        specs_of(value)


def _automatic(shape: tuple[int, ...]) -> str:
    """Convolutions in pairs with a pool after each pair, while the images are large enough, and a hidden layer."""
    pieces, size = [], min(shape[1:])
    for filters in (32, 64):
        pieces += [f"conv {filters} 3x3 pad 1", "relu", f"conv {filters} 3x3 pad 1", "relu"]
        if size < SMALLEST:
            break
        pieces.append("pool 2")
        size //= 2
    return ", ".join([*pieces, "flatten", "linear 128", "relu"])


@dataclass(eq=False, repr=False)
class ConvClassifier(NetworkClassifier):
    """Classifier of images: convolutions, pools and linear layers, softmax and cross entropy.

    The gradients are formulas, written out once per operator; a training step runs them through buffers allocated
    beforehand, on NumPy by tiles of a few images on all cores.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers, default="auto"
        Such as ``"conv 32 3x3 pad 1, relu, pool 2, flatten, linear 10"``, or with `chainrule.networks.Conv` and its
        like. A linear layer that ends them is the encoding, and needs one output per class, or a single one for two
        classes. Behind any other end, such as ``"..., linear 128, relu"``, such a layer is added, and ``flatten``
        before it where images are left: `network_` and ``chainrule summary --classes 10`` show it. "auto" is
        ``conv 32 3x3 pad 1, relu, conv 32 3x3 pad 1, relu, pool 2``, again with 64 filters where the images are large
        enough, and ``linear 128, relu``.
    image_shape : tuple of int or None, default=None
        Height and width, or channels, height and width, of rows of pixels. Without it, rows that are squares are taken
        as square images of one channel, and others as images of a single line.
    solver : {"adam", "adamw", "sgd", "gd", "lbfgs"}, default="adam"
        "gd" is gradient descent on all samples at once; "adamw" is Adam with decoupled weight decay.
    alpha : float, default=1e-4
        Strength of the L2 penalty: alpha / (2 w) times the sum of squared weights, w being a batch's total weight.
    batch_size : int or "auto", default="auto"
        "auto" is min(64, n_samples). Not used by "gd" and "lbfgs".
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}, default="cosine"
        "invscaling" and "adaptive" apply to "sgd"; "cosine" falls to 0 over max_iter epochs.
    learning_rate_init : float, default=1e-3
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=20
        The most epochs, or L-BFGS iterations.
    shuffle : bool, default=True
        Whether samples are reordered for every epoch.
    random_state : int, RandomState or None, default=None
        Decides initial weights, order, augmentation, dropout and the validation split.
    tol : float, default=1e-4
        An epoch without an improvement of this size counts towards ``n_iter_no_change``.
    verbose : bool, default=False
    warm_start : bool, default=False
        Whether `fit` starts from the weights it found last.
    momentum : float, default=0.9
    nesterovs_momentum : bool, default=True
        Both for "sgd".
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the samples, stratified; stop when the accuracy on them no longer improves,
        and restore the weights of the best epoch. As in scikit-learn, not for "lbfgs".
    validation_fraction : float, default=0.1
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Of Adam.
    n_iter_no_change : int, default=10
    max_fun : int, default=15000
        The most objective evaluations of "lbfgs".
    label_smoothing : float, default=0
        The share of every target that is spread over all classes.
    dropout : float, default=0
        The probability with which an input of the head is left out in a training step; elsewhere, put dropout among the
        layers. None for "lbfgs", which needs the same objective at every step.
    weight_decay : float, default=0.01
        Of "adamw".
    max_grad_norm : float or None, default=None
        Gradients of larger norm are scaled down to it. Not for "lbfgs".
    augment : str, Augmentation or None, default=None
        Random changes of the images of every batch, such as ``"shift 2, flip"``; see `chainrule.training.Augmentation`.
    standardize : bool, default=True
        Whether every channel is centred and divided by its standard deviation over the samples.
    callbacks : sequence of callables or None, default=None
        Each is given a `Progress` after every epoch; a true return value ends the fit. Not for "lbfgs".
    class_weight : dict, "balanced" or None, default=None
        Factors for the sample weights of each class; "balanced" gives all classes the same total weight.
    targets : {"labels", "proba"}, default="labels"
        "proba" takes y as rows of class probabilities, one column per class; predictions are column numbers.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        "squared_error" is half the squared error of the probability, for two classes.
    eval_metric : {"accuracy", "log_loss"} or callable, default="accuracy"
        By what epochs are judged on held-out samples. A callable is given the true labels and the probabilities, and
        larger is better.
    new_classes : {"error", "add"}, default="error"
        What `partial_fit` does on a label that it has not met.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The precision of training; "auto" is that of X, and float32 for integers.
    checkpoint : path or None, default=None
        A file that `fit` keeps while it runs, and removes when it ends. A `fit` to the same samples with the same
        parameters that finds it goes on from there, with the result of a fit that was not interrupted, bit for bit.
    device : str or None, default=None
        None trains with NumPy; "cpu", "cuda", ... with PyTorch there.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    image_shape_ : tuple of int
        Channels, height and width of the samples.
    coefs_ : list of ndarrays
        Of convolutions, of shape (filters, channels, height, width), and of linear layers.
    intercepts_ : list of ndarrays
        Of the layers that have biases.
    mean_, scale_ : ndarrays of shape (channels,)
        By which samples are centred and divided, where they are standardized.
    loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_
        As of `MLPClassifier`.
    n_iter_, t_ : int
        Epochs run by the last fit, and samples seen.
    n_layers_, n_outputs_ : int
    out_activation_ : {"softmax", "logistic"}
    n_features_in_ : int
    stopped_by_ : {"max_iter", "patience", "callback", "interrupt", "convergence", "partial_fit"}
        Why the last fit ended.

    Examples
    --------
    >>> from chainrule import ConvClassifier
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> model = ConvClassifier("conv 16 3x3 pad 1, relu, pool 2", max_iter=5, learning_rate_init=0.01, random_state=0)
    >>> model.fit(digits.images[:1000], digits.target[:1000]).score(digits.images[1000:], digits.target[1000:]) > 0.85
    True
    >>> model.image_shape_
    (1, 8, 8)
    """

    layers: Any = "auto"
    _: KW_ONLY
    image_shape: Any = None
    learning_rate: str = "cosine"
    max_iter: int = 20
    augment: Any = None
    standardize: bool = True

    @property
    def network_(self) -> Network:
        """The fitted network, with the loss: what `chainrule.networks` calls a Network."""
        return self._network

    _first_dtype = np.float32
    _sparse = False
    _rows_of_a_batch = 64
    _structural = ("layers", "augment", "standardize", "dropout", "loss")
    _limits = LIMITS | {
        "layers": _check_layers,
        "standardize": check.flag,
        "augment": _augmentation_of,
        "image_shape": _shape_of_images,
    }

    @property
    def _augmentation(self) -> Augmentation:
        return _augmentation_of("augment", self._built_with("augment"))

    _always_adds_head = True
    """What models of chainrule 0.1 have: a head behind a linear layer at the end too. `fit` turns it off."""

    def _start(self, encoding: ClassEncoding, X: Array, weights: Array | None) -> None:
        super()._start(encoding, X, weights)
        self._always_adds_head = False

    def _network_for(self, loss: str) -> Network:
        shape = self._augmentation.out_shape(self.image_shape_)
        layers = self._built_with("layers")
        complete = with_head(
            _automatic(shape) if _is_automatic(layers) else layers,
            shape,
            self.n_outputs_,
            dropout=self._built_with("dropout"),
            always=self._always_adds_head,
        )
        return network_of_layers(complete, shape, loss=loss)

    def _as_rows(self, X: Any, *, reset: bool) -> Any:
        X = X if hasattr(X, "shape") else np.asarray(X)
        count, *shape = map(int, X.shape) if X.ndim else (0,)
        expected = _shape_of_images("image_shape", self.image_shape) if reset else self.image_shape_
        if X.ndim in (3, 4):
            given = (1, *shape) if X.ndim == 3 else tuple(shape)
            if expected not in (None, given):
                raise ValueError(f"X: expected images of shape {expected}, got {given}")
            X, expected = np.asarray(X).reshape(count, math.prod(given)), given
        elif reset and X.ndim == 2:
            expected = expected or _shape_of_pixels(*shape)
            if math.prod(expected) != shape[0]:
                words = " x ".join(map(str, expected))
                raise ValueError(f"image_shape: images of {words} have {math.prod(expected)} pixels, X has {shape[0]}")
        if reset and expected is not None:
            self.image_shape_: tuple[int, ...] = expected
        return X

    def _learn_inputs(self, X: Array, weights: Array | None) -> None:
        if not self._built_with("standardize"):
            for name in ("mean_", "scale_"):
                self.__dict__.pop(name, None)  # of an earlier fit
            return
        images = X.reshape(X.shape[0], self.image_shape_[0], -1)
        # Differences from the first pixel give a constant channel variance 0 without a rounding error. Sums in float64
        # make a weight of 2 count as the sample twice.
        first = images[0, :, 0]
        beside = images - first[:, None]
        mean = np.average(beside.mean(axis=2, dtype=np.float64), axis=0, weights=weights)
        beside -= mean[:, None].astype(X.dtype)
        squares = np.square(beside, out=beside).mean(axis=2, dtype=np.float64)
        deviation = np.sqrt(np.average(squares, axis=0, weights=weights))
        self.mean_, self.scale_ = first + mean, np.where(deviation > 0, deviation, 1.0)

    def _rebuild(self, X: Array, weights: Array | None) -> None:
        if _shape_of_images("image_shape", self.image_shape) not in (None, self.image_shape_):
            raise ValueError(
                f"image_shape: the earlier fit is of images of shape {self.image_shape_}, got {self.image_shape!r}"
            )
        super()._rebuild(X, weights)
        if self.standardize != hasattr(self, "mean_"):
            self._learn_inputs(X, weights)

    def _to_network(self, X: Array, *, training: bool = False) -> Array:
        if self._built_with("standardize"):
            mean, scale = (values.astype(X.dtype)[:, None] for values in (self.mean_, self.scale_))
            images = X.reshape(X.shape[0], self.image_shape_[0], -1) - mean
            images /= scale
            X = images.reshape(X.shape)
        return X if training else self._augmentation.middle(X, self.image_shape_)

    def _change_of_batches(self) -> Change | None:
        augmentation = self._augmentation
        return None if augmentation == Augmentation() else augmentation.change(self.image_shape_)

    def _to_features(self, gradients: Array) -> Array:
        shape = self.image_shape_
        part = self._augmentation.out_shape(shape)
        before = [(whole - inner) // 2 for whole, inner in zip(shape, part, strict=True)]
        after = [whole - inner - cut for whole, inner, cut in zip(shape, part, before, strict=True)]
        images = np.pad(gradients.reshape(-1, *part), [(0, 0), *zip(before, after, strict=True)])
        if self._built_with("standardize"):
            images = images / self.scale_.astype(gradients.dtype)[:, None, None]
        return images.reshape(len(gradients), -1)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
