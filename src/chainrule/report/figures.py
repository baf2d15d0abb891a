"""Figures of classifiers: confusion matrix, calibration and importances; of images mistakes, saliency and filters.

Each function returns a matplotlib Figure. Notebooks show it; ``figure.savefig`` writes it to a file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import binom
from sklearn import metrics

from chainrule.arrays import Array
from chainrule.estimators import ConvClassifier
from chainrule.estimators.calibration_error import equal_bins, forecasts
from chainrule.estimators.class_scores import most_wrong
from chainrule.estimators.importances import Importances
from chainrule.estimators.plots import figure


def confusion_matrix(classes: Array, actual: Array, predicted: Array) -> Any:
    """The confusion matrix: rows are true classes, columns are predicted classes."""
    drawn = figure(max(4.0, 0.45 * len(classes) + 1.8), max(3.5, 0.45 * len(classes) + 1.3))
    counts, longest = metrics.confusion_matrix(actual, predicted, labels=classes), max(map(len, map(str, classes)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    display = metrics.ConfusionMatrixDisplay(shares, display_labels=classes).plot(
        ax=drawn.add_subplot(),
        include_values=len(classes) <= 30,
        cmap="Blues",
        colorbar=False,
        xticks_rotation="vertical" if longest > 3 else "horizontal",
        im_kw={"vmin": 0, "vmax": 1},
        text_kw={"fontsize": 8},
    )
    # Colours show shares, which do not depend on how frequent a class is; the numbers are counts.
    for text, count in zip(() if display.text_ is None else display.text_.flat, counts.flat, strict=False):
        text.set_text(str(count) if count else "")
    return drawn


def calibration(classes: Array, actual: Array, log_probs: Array) -> Any:
    """The share of rows in which a forecast comes true against its mean probability, in ten bins of equal numbers.

    The forecasts are those of `calibration_error.forecasts`. Grey bars reach from the 2.5 % to the 97.5 % quantile of
    the binomial distribution of n draws with probability p, divided by n, for the n rows of a bin and their mean p.
    """
    p, true = forecasts(
        len(classes), np.searchsorted(classes, actual), log_probs.argmax(axis=1), np.exp(log_probs.max(axis=1))
    )
    parts = equal_bins(p)
    sizes = np.array([len(part) for part in parts])
    mean, share = (np.array([values[part].mean(dtype=np.float64) for part in parts]) for values in (p, true))
    low, high = (binom.ppf(quantile, sizes, np.clip(mean, 0, 1)) / sizes for quantile in (0.025, 0.975))
    drawn = figure(5, 4.5)
    axis = drawn.add_subplot()
    axis.plot([0, 1], [0, 1], color="tab:gray", linewidth=1, linestyle="--")
    axis.vlines(mean, low, high, color="lightgray", linewidth=6)
    axis.plot(mean, share, marker="o", color="tab:blue")
    start = 0.0 if len(classes) == 2 else float(np.floor(10 * min(mean.min(), share.min(), low.min())) / 10)
    margin = 0.02 * (1 - start)
    what, happens = "the predicted class", "that is right"
    if len(classes) == 2:
        what, happens = f"{str(classes[1])[:40]!r}", "that is of this class"
    axis.set(xlim=(start, 1), ylim=(start, 1))
    axis.set(xticks=axis.get_xticks(), yticks=axis.get_yticks())  # none beside the margins, which follow
    axis.set(xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin), ylabel=f"share {happens}")
    axis.set_xlabel(f"probability of {what}", parse_math=False)  # labels may hold dollars
    return drawn


def importance_bars(found: Mapping[str, float], *, most: int = 30, label: str = "growth of the log-loss") -> Any:
    """A bar for each column, the largest first, with its value to the right of the frame; None without columns."""
    if not found:
        return None
    names = sorted(found, key=lambda name: -found[name])[:most]
    drawn = figure(7, 0.28 * len(names) + 1)
    axis = drawn.add_subplot()
    spread = dict(zip(found, found.importances_std, strict=True)) if isinstance(found, Importances) else None
    ends = None if spread is None else [spread[name] for name in names]
    values = [found[name] for name in names]
    axis.barh(range(len(names)), values, xerr=ends, color="tab:blue", ecolor="tab:gray")
    axis.axvline(0, color="tab:gray", linewidth=0.8)
    for place, value in enumerate(values):
        text = f"{value:.4f}" if ends is None else f"{value:.4f} ± {ends[place]:.4f}"
        # Beside the frame no bar reaches the numbers, whatever its sign.
        axis.text(1.015, place, text, transform=axis.get_yaxis_transform(), va="center", fontsize=8)
    axis.set(xlabel=label, yticks=range(len(names)))
    # Names may hold dollars, which matplotlib takes for formulas.
    axis.set_yticklabels([name if len(name) <= 40 else f"{name[:37]}..." for name in names], parse_math=False)
    axis.invert_yaxis()
    return drawn


def coefficients(coef: Array, X: Array, classes: Array, names: Sequence[str], *, most: int = 30) -> Any:
    """Coefficients times the standard deviations of their features: a row per class, a column per feature."""
    sizes = coef * X.std(axis=0)
    order = np.argsort(-abs(sizes).max(axis=0), kind="stable")[:most]
    rows = [str(label) for label in (classes if len(coef) > 1 else classes[1:])]
    drawn = figure(max(5.0, 0.3 * len(order) + 1.5), max(2.0, 0.3 * len(rows) + 1.5))
    axis = drawn.add_subplot()
    limit = float(abs(sizes).max()) or 1.0
    image = axis.imshow(sizes[:, order], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axis.set(xticks=range(len(order)), yticks=range(len(rows)))
    axis.set_xticklabels([names[k][:20] for k in order], rotation="vertical", fontsize=8, parse_math=False)
    axis.set_yticklabels(rows, fontsize=8, parse_math=False)
    drawn.colorbar(image)
    return drawn


def worst_mistakes(
    images: Array,
    classes: Array,
    actual: Array,
    log_probs: Array,
    *,
    most: int = 20,
    model: ConvClassifier | None = None,
) -> Any:
    """The misclassified images, lowest probability of the true class first; None if all predictions are right.

    With a model, its saliency is below each image; see `saliency_maps`.
    """
    numbers: Array = np.searchsorted(classes, actual)
    order = most_wrong(numbers, log_probs.argmax(axis=1), log_probs[np.arange(len(numbers)), numbers], most)
    if not order:
        return None
    texts = []
    for place, k in enumerate(order, start=1):
        guess = int(log_probs[k].argmax())
        sure, true = np.exp(log_probs[k, guess]), np.exp(log_probs[k, numbers[k]])
        texts.append(f"{place}. predicted\n{classes[guess]}: {sure:.0%}\ntrue class\n{classes[numbers[k]]}: {true:.1%}")
    below = None if model is None else _saliency(model, images[order], actual[order])
    return _grid([shown(images[k]) for k in order], texts, below=below)


def saliency_maps(model: ConvClassifier, images: Array, actual: Array, *, most: int = 10) -> Any:
    """Images, and below each image the magnitude of the gradient of its loss by its pixels; one image of each class."""
    some = np.unique(np.asarray(actual), return_index=True)[1][:most]
    below = _saliency(model, np.asarray(images)[some], np.asarray(actual)[some])
    return _grid([shown(image) for image in np.asarray(images)[some]], [str(actual[k]) for k in some], below=below)


def _saliency(model: ConvClassifier, images: Array, actual: Array) -> list[Array]:
    """For each image the magnitude of the gradient of its loss by its pixels, the largest over channels, up to 1."""
    some = np.asarray(images).reshape(-1, *model.image_shape_)
    gradients = np.abs(model.input_gradient(some, actual).reshape(some.shape)).max(axis=1)
    tops = np.maximum(gradients.max(axis=(1, 2), keepdims=True), np.finfo(gradients.dtype).tiny)
    return list(gradients / tops)


def first_filters(model: ConvClassifier, *, most: int = 64) -> Any:
    """The filters of the first convolution, in colour if they have three channels; None without a convolution."""
    weight = next((w for w in model.coefs_ if w.ndim == 4), None)
    if weight is None:
        return None
    kernels = weight[:most]
    if weight.shape[1] == 3:
        size = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
        colours = 0.5 + 0.5 * kernels / np.where(size > 0, size, 1)
        return _grid(list(colours.transpose(0, 2, 3, 1)), columns=8, side=0.75)
    return _grid([kernel[0] for kernel in kernels], columns=8, side=0.75, symmetric=True)


def shown(image: Array) -> Array:
    """An image of shape ([channels,] height, width) in the form of matplotlib: height x width (x 3), in [0, 1]."""
    values = image.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / (high - low) if high > low else np.zeros(values.shape)
    if image.ndim == 2:
        return scaled
    return scaled.transpose(1, 2, 0) if len(image) == 3 else scaled[0]


def _grid(
    pictures: list[Array],
    texts: list[str] | None = None,
    *,
    columns: int = 10,
    side: float = 1.15,
    symmetric: bool = False,
    below: list[Array] | None = None,
) -> Any:
    """The pictures in rows, with texts above them and, of the same size, pictures `below` them."""
    width, titles = min(columns, len(pictures)), texts or [""] * len(pictures)
    lines, each = max(text.count("\n") + 1 for text in titles), 1 if below is None else 2
    rows = each * -(-len(pictures) // columns)
    height = each * side + (0.15 * lines + 0.15 if texts else 0)
    drawn = figure(side * max(width, 4), height * rows / each)
    for k, picture in enumerate(pictures):
        size = float(np.abs(picture).max()) or 1.0
        colours: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -size, "vmax": size} if symmetric else {}
        place = each * (k // columns) * width + k % columns + 1
        _show(drawn.add_subplot(rows, width, place), picture, titles[k], **colours)
        if below is not None:
            _show(drawn.add_subplot(rows, width, place + width), below[k], cmap="inferno")
    return drawn


def _show(axes: Any, picture: Array, title: str = "", *, fontsize: float = 7, **colours: Any) -> None:
    axes.imshow(picture, **{"cmap": "gray", **colours})
    axes.set_title(title, fontsize=fontsize)
    axes.set_axis_off()
