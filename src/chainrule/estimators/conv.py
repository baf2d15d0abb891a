"""A convolutional classifier of images with scikit-learn's interface, trained by closed-form gradients."""

import math
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array, without_autograd
from chainrule.estimators import parameters as check
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.recipes import LIMITS
from chainrule.networks import Network, network_of_layers
from chainrule.networks.stack import specs_of, with_head
from chainrule.storage import StoredRows
from chainrule.training import Augmentation, Change, Images

SMALLEST = 4
"""Smallest side of images that the default layers still halve."""
MOST_OF_UNIT_RANGE = 8.0
"""Images with values from 0 to 1 have means and deviations far below this number, those with bytes mostly above it."""


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
    """A square image of one channel; a single line if the number of pixels is not a square."""
    side = math.isqrt(count)
    return (1, side, side) if side * side == count else (1, 1, count)


def is_automatic(layers: Any) -> bool:
    """True for "auto", which stands for `automatic_layers`."""
    return isinstance(layers, str) and layers.strip() == "auto"


def layers_for(layers: Any, shape: tuple[int, ...]) -> Any:
    """The layers for images of a shape: those given, or the automatic ones.

    >>> layers_for("flatten", (1, 8, 8))
    'flatten'
    """
    return automatic_layers(shape) if is_automatic(layers) else layers


def _check_layers(name: str, value: Any) -> None:
    if not is_automatic(value):
        specs_of(value)


def automatic_layers(shape: tuple[int, ...]) -> str:
    """Convolutions in pairs with a pool after each pair, while the images are large enough, and a hidden layer.

    >>> automatic_layers((1, 3, 3))
    'conv 32 3x3 pad 1, relu, conv 32 3x3 pad 1, relu, flatten, linear 128, relu'
    """
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

    The gradients are formulas, one per operator; a training step writes to buffers that are allocated once. On NumPy,
    all cores work on tiles of a few images.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers, default="auto"
        The layers: text such as ``"conv 32 3x3 pad 1, relu, pool 2, flatten, linear 10"``, or objects such as
        `chainrule.networks.Conv`. A linear layer at the end is the head; it needs one output per class, or a single
        one for two classes. After any other last layer, as in ``"..., linear 128, relu"``, a head is added, preceded by
        ``flatten`` if its input is images; `network_` and ``chainrule summary --classes 10`` show it. "auto" is ``conv
        32 3x3 pad 1, relu, conv 32 3x3 pad 1, relu, pool 2``, then the same with 64 filters if the images are large
        enough, then ``linear 128, relu``.
    image_shape : tuple of int or None, default=None
        The shape of the image in each row of pixels: (height, width) or (channels, height, width). If None, a row with
        a square number of pixels is a square image of one channel, and any other row is an image one pixel high.
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}, default="cosine"
        "invscaling" and "adaptive" apply to "sgd"; "cosine" falls to 0 over max_iter epochs.
    max_iter : int, default=20
        Maximum number of epochs, or of L-BFGS iterations.
    augment : str, Augmentation or None, default=None
        Random changes of the images of every batch, such as ``"shift 2, flip"``; see `chainrule.training.Augmentation`.
    standardize : bool, default=True
        Whether to centre every channel and divide it by its standard deviation over the samples.
    solver, alpha, batch_size, ..., device
        The parameters of `MLPClassifier`, except ``hidden_layer_sizes`` and ``activation``, with the same meaning and
        these differences: ``batch_size="auto"`` is min(64, n_samples), ``random_state`` also seeds ``augment``,
        ``dropout`` drops inputs of the head (for dropout elsewhere, add dropout layers), and ``dtype="auto"`` is
        float32 if X holds integers. With ``checkpoint``, a path, a fit that was killed or interrupted continues from
        this file, and ends with the model of an uninterrupted fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    image_shape_ : tuple of int
        Channels, height and width of an image.
    coefs_ : list of ndarrays
        Weights of the convolutions, of shape (filters, channels, height, width), and of the linear layers.
    intercepts_ : list of ndarrays
        Biases of the layers that have them.
    mean_, scale_ : ndarrays of shape (channels,)
        With ``standardize``: the value subtracted from each channel, and the value that then divides it.
    loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_
        See `MLPClassifier`.
    n_iter_, t_ : int
        The number of epochs in the last fit, and of samples seen.
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
        """The fitted `chainrule.networks.Network`, with its loss."""
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
        return _augmentation_of("augment", self._structure["augment"])

    _always_adds_head = True
    """Models of chainrule 0.1 have a head after a linear last layer too. `fit` turns this off."""

    def _start(self, encoding: ClassEncoding, X: Array, weights: Array | None) -> None:
        self._always_adds_head = False
        super()._start(encoding, X, weights)

    def _network_for(self, loss: str) -> Network:
        shape = self._augmentation.out_shape(self.image_shape_)
        layers = self._structure["layers"]
        complete = with_head(
            layers_for(layers, shape),
            shape,
            self.n_outputs_,
            dropout=self._structure["dropout"],
            always=self._always_adds_head,
        )
        return network_of_layers(complete, shape, loss=loss)

    def _as_rows(self, X: Any, *, reset: bool) -> Any:
        if isinstance(X, Images):
            raise TypeError("X: expected an array, got Images; pass their arrays: X.images, with the labels X.labels")
        if isinstance(X, str | Path):
            how = "" if reset else ", labels=False, like=model"
            raise TypeError(
                f"X: expected an array, got a path; read pictures with scans = chainrule.read_images({str(X)!r}{how}), "
                f"then give scans.images{' and scans.labels' * reset}"
            )
        X = without_autograd(X)
        X = X if hasattr(X, "shape") else np.asarray(X)
        count, *shape = map(int, X.shape or (0,))
        expected = _shape_of_images("image_shape", self.image_shape) if reset else self.image_shape_
        if len(shape) in (2, 3):
            given = (1, *shape) if len(shape) == 2 else tuple(shape)
            if expected not in (None, given):
                self._refuse_one_image(X, expected)
                raise ValueError(f"X: expected images of shape {expected}, got {given}")
            X, expected = np.asarray(X).reshape(count, math.prod(given)), given
        elif reset and len(shape) == 1:
            expected = expected or _shape_of_pixels(*shape)
            if math.prod(expected) != shape[0]:
                words = " x ".join(map(str, expected))
                raise ValueError(f"image_shape: images of {words} have {math.prod(expected)} pixels, X has {shape[0]}")
        elif not reset and len(shape) == 1 and shape[0] != math.prod(expected or ()):
            self._refuse_one_image(X, expected)
        if reset and expected is not None:
            self.image_shape_: tuple[int, ...] = expected
        return X

    def _refuse_one_image(self, X: Any, expected: tuple[int, ...] | None) -> None:
        """Raise ValueError if X is one image of the expected shape without an axis of samples."""
        shape = tuple(X.shape)
        if expected is not None and shape in (expected, expected[1:] if expected[0] == 1 else expected):
            raise ValueError(f"X: expected an array of images, got one image of shape {shape}; pass X[None]")

    def _check_values(self, X: Array) -> None:
        """Warn if the values of X are at most 1, where training had values of bytes."""
        if not self._structure["standardize"] or isinstance(X, StoredRows):
            return
        largest, usual = float(X.max()) if len(X) else 0.0, float((self.mean_ + self.scale_).max())
        if 0 < largest <= 1 and usual > MOST_OF_UNIT_RANGE:
            warn_caller(
                f"X: all values are at most 1, but in training the mean was up to {self.mean_.max():.3g}: give values "
                "as in training, such as bytes from 0 to 255 that are not divided by 255"
            )

    def _learn_inputs(self, X: Array, weights: Array | None) -> None:
        if not self._structure["standardize"]:
            for name in ("mean_", "scale_"):
                self.__dict__.pop(name, None)  # an earlier fit set it
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
        if self._structure["standardize"]:
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
        if self._structure["standardize"]:
            images = images / self.scale_.astype(gradients.dtype)[:, None, None]
        return images.reshape(len(gradients), -1)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
