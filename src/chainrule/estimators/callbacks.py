"""Callbacks for `MLPClassifier(callbacks=[...])`, which are called with a `Progress`; a true result ends the fit."""

from pathlib import Path
from typing import Any

from chainrule.extras import import_extra
from chainrule.training import Progress


class TensorBoardLog:
    """Writes the loss, the validation score and the speed of every epoch to a directory for TensorBoard.

    Parameters
    ----------
    directory : path
        A directory for one run. ``tensorboard --logdir`` accepts it or its parent.

    Raises
    ------
    ImportError
        If tensorboard, the extra 'tensorboard', is not installed.

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule import MLPClassifier
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     callbacks = [TensorBoardLog(folder), lambda progress: progress.epoch == 2]
    ...     _ = MLPClassifier((2,), solver="adam", callbacks=callbacks).fit([[0.0], [1.0]], [0, 1])
    ...     len(os.listdir(folder))
    1
    """

    def __init__(self, directory: Any) -> None:
        summary = import_extra("tensorboard.summary", "tensorboard", "logs for TensorBoard need its package")
        self._writer = summary.Writer(str(Path(directory)))

    def __call__(self, progress: Progress) -> None:
        """Write an epoch."""
        figures = {"loss": progress.loss, "samples per second": progress.samples_per_second}
        if progress.validation_score is not None:
            figures["validation score"] = progress.validation_score
        for name, value in figures.items():
            self._writer.add_scalar(name, value, progress.epoch)
        self._writer.flush()
