"""Figures of classifiers: confusion matrix, calibration and importances; of images mistakes, saliency and filters.

Each function returns a matplotlib Figure. Notebooks show it; ``figure.savefig`` writes it to a file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn import metrics

from chainrule.arrays import Array
from chainrule.estimators import ConvClassifier
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


def calibration(classes: Array, actual: Array, log_probs: Array, *, bins: int = 10) -> Any:
    """The share of right predictions against their mean probability, in bins of equal numbers of rows.

    Grey bars are the range in which the share of a bin lies 19 times in 20 if the probabilities are true, about 1.96
    standard deviations sqrt(sum p (1 - p)) / n.
    """
    sure = np.exp(log_probs.max(axis=1).astype(np.float64))
    right = log_probs.argmax(axis=1) == np.searchsorted(classes, actual)
    parts = [part for part in np.array_split(np.argsort(sure, kind="stable"), bins) if len(part)]
    mean, share = (np.array([values[part].mean() for part in parts]) for values in (sure, right))
    spread = np.array([1.96 * np.sqrt((sure[part] * (1 - sure[part])).sum()) / len(part) for part in parts])
    drawn = figure(5, 4.5)
    axis = drawn.add_subplot()
    axis.plot([0, 1], [0, 1], color="tab:gray", linewidth=1, linestyle="--")
    axis.errorbar(mean, mean, yerr=spread, fmt="none", ecolor="lightgray", elinewidth=6)
    axis.plot(mean, share, marker="o", color="tab:blue")
    low = max(0.0, float(min(mean.min(), share.min())) - 0.05)
    axis.set(xlabel="probability of the predicted class", ylabel="share that is right", xlim=(low, 1), ylim=(low, 1.02))
    return drawn


def importance_bars(found: Mapping[str, float], *, most: int = 30, label: str = "growth of the log-loss") -> Any:
    """A bar for each column, the largest first; None without columns."""
    if not found:
        return None
    names = sorted(found, key=lambda name: -found[name])[:most]
    drawn = figure(7, 0.28 * len(names) + 1)
    axis = drawn.add_subplot()
    spread = dict(zip(found, found.importances_std, strict=True)) if isinstance(found, Importances) else None
    ends = None if spread is None else [spread[name] for name in names]
    values = [found[name] for name in names]
    bars = axis.barh(range(len(names)), values, xerr=ends, color="tab:blue", ecolor="tab:gray")
    known = values if ends is None else [f"{x:.2g} ± {end:.1g}" for x, end in zip(values, ends, strict=True)]
    axis.bar_label(bars, known, fmt="{:.2g}", padding=3, fontsize=8)
    axis.margins(x=0.15)
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


def worst_mistakes(images: Array, classes: Array, actual: Array, log_probs: Array, *, most: int = 20) -> Any:
    """The misclassified images, lowest probability of the true class first; None if all predictions are right."""
    numbers: Array = np.searchsorted(classes, actual)
    order = most_wrong(numbers, log_probs.argmax(axis=1), log_probs[np.arange(len(numbers)), numbers], most)
    if not order:
        return None
    texts = []
    for k in order:
        guess = int(log_probs[k].argmax())
        sure, true = np.exp(log_probs[k, guess]), np.exp(log_probs[k, numbers[k]])
        texts.append(f"{classes[guess]} ({sure:.0%})\nis {classes[numbers[k]]} ({true:.1%})")
    return _grid([shown(images[k]) for k in order], texts)


def saliency_maps(model: ConvClassifier, images: Array, actual: Array, *, most: int = 10) -> Any:
    """Images, and below each image the magnitude of the gradient of its loss by its pixels."""
    some = np.asarray(images[:most]).reshape(-1, *model.image_shape_)
    gradients = np.abs(model.input_gradient(some, actual[:most]).reshape(some.shape)).max(axis=1)
    tops = np.maximum(gradients.max(axis=(1, 2), keepdims=True), np.finfo(gradients.dtype).tiny)
    count = len(some)
    drawn = figure(1.15 * max(count, 4), 2.9)
    for k in range(count):
        _show(drawn.add_subplot(2, count, k + 1), shown(some[k]), str(actual[k]), fontsize=9)
        _show(drawn.add_subplot(2, count, count + k + 1), gradients[k] / tops[k], cmap="inferno")
    return drawn


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
) -> Any:
    rows, titles = -(-len(pictures) // columns), texts or [""] * len(pictures)
    drawn = figure(side * min(columns, max(len(pictures), 4)), (side + (0.45 if texts else 0)) * rows)
    for k, picture in enumerate(pictures):
        size = float(np.abs(picture).max()) or 1.0
        colours: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -size, "vmax": size} if symmetric else {}
        _show(drawn.add_subplot(rows, min(columns, len(pictures)), k + 1), picture, titles[k], **colours)
    return drawn


def _show(axes: Any, picture: Array, title: str = "", *, fontsize: float = 7, **colours: Any) -> None:
    axes.imshow(picture, **{"cmap": "gray", **colours})
    axes.set_title(title, fontsize=fontsize)
    axes.set_axis_off()
