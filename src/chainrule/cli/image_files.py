"""Images for the command line: read from digits, folders, IDX and .npz files, whole or as a model needs them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.cli.model_files import Origin
    from chainrule.cli.trained_rows import TrainedRows
    from chainrule.estimators import ConvClassifier
    from chainrule.training.images import Images

LISTED = 5
"""Largest number of bad files that are named; the rest are counted."""


def read(source: str, size: str | None = None) -> Images:
    """Labelled images: the built-in digits, or a source of `training.images`. Bad files are named on standard error."""
    import numpy as np

    from chainrule.training.images import DataError, Images, holds_images, read_images

    if source == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Images(digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64))
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file or folder; the built-in images are digits")
    if not holds_images(path):
        raise CommandError(
            f"{source}: --model conv reads a folder with one folder of pictures per class, IDX files, or a .npz file"
        )
    try:
        found = read_images(path, size=parsed_size(size), progress=_ReadingProgress())
    except DataError as error:
        raise CommandError(str(error)) from None
    if found.resized:
        print(
            f"note: {found.resized} of {len(found)} pictures were scaled to {found.shape[1]} x {found.shape[2]}",
            file=sys.stderr,
        )
    for file, reason in found.bad_files[:LISTED]:
        print(f"note: {file} is left out: {reason}", file=sys.stderr)
    if len(found.bad_files) > LISTED:
        print(f"note: {len(found.bad_files) - LISTED} more files are left out", file=sys.stderr)
    return found


def to_evaluate(model: ConvClassifier, origin: Origin, trained: TrainedRows | None, data: str) -> tuple[Any, Any, bool]:
    """Images, their labels, and True if they are the images held out when the model was trained."""
    import numpy as np

    from chainrule.cli import model_files
    from chainrule.cli.evaluate import known_labels

    every = _like_trained(model, data)
    if every.test is not None:
        held_out = data == origin.data
        if held_out and trained is not None:
            y = known_labels(every.labels, model.classes_, data)
            held_out = trained.are(every.images, np.searchsorted(model.classes_, y))
        return every.test.images, every.test.labels, held_out
    if data != origin.data:
        return every.images, every.labels, False
    y = known_labels(every.labels, model.classes_, data)
    kept, others = model_files.split_rows(y, origin.test_size, origin.seed)
    if trained is not None and not trained.are(every.images[kept], np.searchsorted(model.classes_, y[kept])):
        # The folder has changed since the training, so the split of that time cannot be repeated.
        return every.images, every.labels, False
    return every.images[others], every.labels[others], True


def probabilities(model: ConvClassifier, data: str) -> Any:
    """The probabilities of all classes for all images of a source."""
    return model.predict_proba(_like_trained(model, data).images)


def _like_trained(model: ConvClassifier, data: str) -> Images:
    """Images of a source, scaled to the shape that the model takes."""
    channels, height, width = model.image_shape_
    every = read(data, f"{height}x{width}")
    if every.shape != model.image_shape_:
        raise CommandError(
            f"{data}: the model takes images of {channels} x {height} x {width}, these are "
            f"{' x '.join(map(str, every.shape))}"
        )
    return every


def parsed_size(text: str | None) -> tuple[int, int] | None:
    """Height and width from the words of --size, such as 64x64 or 64; None without them."""
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise CommandError(f"--size: expected height x width, such as 64x64, got {text!r}")
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]


class _ReadingProgress:
    """Prints the number of pictures read: once a second, or in a terminal as one line that is updated."""

    def __init__(self) -> None:
        self._printed = time.perf_counter()
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.perf_counter()
        if now - self._printed < (0.1 if self._live else 1.0) and not (self._live and done == total):
            return
        self._printed = now
        line = f"reading pictures: {done:,} of {total:,}"
        print(f"\r{line}" if self._live else line, end="\n" if done == total or not self._live else "", file=sys.stderr)
