"""`chainrule train softmax`: softmax regression, fitted to its optimum."""

import warnings
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import typer

from chainrule.cli import torchrun
from chainrule.cli.output import USAGE, CommandError, SolverProgress, note
from chainrule.cli.train_config import RunRecord
from chainrule.cli.train_options import MODEL, TRAINING, BlockOptions, LabelSmoothing, ResumeOptions

FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class SoftmaxOptions(BlockOptions, ResumeOptions):
    """The options of softmax regression."""

    run: Annotated[
        Path | None,
        typer.Argument(
            help="With --resume: a folder for the sums of passes, from which a killed run continues. It is removed "
            "when the fit ends.",
            metavar="[RUN]",
        ),
    ] = None
    C: Annotated[
        str | None,
        typer.Option(
            "--C",
            help="C in |W|^2 / (2 C), or auto for cross-validation with 51 fits. The default is auto, but 1 with Dask "
            "or RUN.",
            rich_help_panel=MODEL,
        ),
    ] = None
    # The penalty already keeps probabilities away from 0 and 1.
    label_smoothing: LabelSmoothing = 0.0
    engine: Annotated[
        Literal["local", "dask"],
        typer.Option(
            help="Compute in this process or, for files that are read in blocks, with Dask.", rich_help_panel=TRAINING
        ),
    ] = "local"
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="For --engine dask: processes here, by default as many as cores.", rich_help_panel=TRAINING
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="For --engine dask: a running scheduler, such as tcp://10.0.0.1:8786.", rich_help_panel=TRAINING
        ),
    ] = None

    def resolved(self) -> Self:
        """The same, with a value for C."""
        fitted_once = self.engine == "dask" or self.run is not None
        return replace(super().resolved(), C=self.C or ("1" if fitted_once else "auto"))

    def strength(self) -> float | None:
        """The number that --C gives; None for auto."""
        if self.C in ("auto", None):
            return None
        try:
            number = float(str(self.C))
        except ValueError:
            number = 0.0
        if not number > 0:
            raise CommandError(f"--C: expected auto or a number above 0, got {self.C!r}", status=USAGE)
        return number


def softmax(options: SoftmaxOptions, config: RunRecord) -> int:
    """Softmax regression, fitted to its optimum: one linear layer, for rows in memory or in files of any size.

    --C auto tries ten penalties in five folds. A bound on the distance of the coefficients from the optimum is printed.
    Tables that are read in blocks must hold only numbers, with no missing cell; --drop leaves out other columns.
    """
    C = _checked_strength(options)
    import numpy as np

    from chainrule.cli import training_run
    from chainrule.cli.dask_cluster import dask_client
    from chainrule.estimators import SoftmaxRegression, SoftmaxRegressionCV
    from chainrule.estimators.plots import scores_of_path
    from chainrule.storage import StoredRows

    run = training_run.begin(options, config, resume=options.resume and options.run is None)
    on_dask = options.engine == "dask"
    every = training_run.rows(options, options.blocks)
    if on_dask and not isinstance(every.X, StoredRows):
        raise CommandError(
            "--engine: dask is for files that are read in blocks; give a glob, or --blocks", status=USAGE
        )
    samples, held_out = every.split(options.test_size, options.seed)
    settings: dict[str, Any] = {"max_iter": 1000, "label_smoothing": options.label_smoothing, "certify": True}
    if C is None:
        rarest = int(np.unique(samples.y, return_counts=True)[1].min())
        if rarest < 2:
            raise CommandError(
                "--C auto needs every class twice, to be chosen by cross-validation; give a number instead"
            )
        passes = ", each in passes over the files" if isinstance(samples.X, StoredRows) else ""
        note(f"--C auto fits ten values of C in {FOLDS} folds{passes}; --C NUMBER fits once")
        # In each fold, every class must occur.
        classifier: Any = SoftmaxRegressionCV(cv=min(FOLDS, rarest), scoring="neg_log_loss", **settings)
    else:
        classifier = SoftmaxRegression(C=C, checkpoint=options.run, **settings)
    with SolverProgress() as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.set_params(callbacks=[progress])
        with dask_client(options.workers, options.scheduler) if on_dask else nullcontext():
            fitted = training_run.fit(classifier, samples, on_workers=on_dask)
    for message in {str(warning.message) for warning in caught}:
        note(message)
    certificate = classifier.certificate_
    results = training_run.evaluate_and_save(run, fitted, held_out, draw=scores_of_path) | {
        "unreadable": every.unreadable,
        "C": float(getattr(classifier, "C_", classifier.C)),
        "gradient_norm": classifier.gradient_norm_,
        "converged": bool(classifier.converged_),
        "interrupted": classifier.interrupted_,
        "certificate": None if certificate is None else vars(certificate),
    }
    training_run.write_report(run, fitted, held_out, results)
    chosen = "" if C is not None else f", the best of {len(classifier.Cs_)} in {classifier.cv} folds"
    ended = f"gradient {classifier.gradient_norm_:.1e} after {fitted.seconds:.1f} s"
    known = (
        "" if certificate is None else f"\ncoefficients of norm {np.linalg.norm(classifier.coef_):.3g}, {certificate}"
    )
    return training_run.show(run, fitted, results, f"C = {results['C']:g}{chosen}; {ended}{known}")


def _checked_strength(options: SoftmaxOptions) -> float | None:
    """The number that --C gives, or None for auto; raises CommandError if options contradict one another."""
    if torchrun.is_launched():
        raise CommandError("softmax is fitted by one process; start it without torchrun", status=USAGE)
    if options.resume and options.run is None:
        raise CommandError("--resume: softmax needs a folder, --resume RUN; mlp and conv need none", status=USAGE)
    if options.run is not None and not options.resume:
        raise CommandError(
            f"unexpected {str(options.run)!r} after the data: put a glob of several files in quotes", status=USAGE
        )
    if options.engine != "dask" and (options.workers is not None or options.scheduler is not None):
        raise CommandError("--workers and --scheduler are for --engine dask", status=USAGE)
    if options.workers is not None and options.scheduler is not None:
        raise CommandError("--workers starts processes here; leave it out with --scheduler", status=USAGE)
    C = options.strength()
    if options.run is not None and C is None:
        raise CommandError("--C: --resume RUN takes a number, by default 1, and not auto", status=USAGE)
    if C is not None and options.curves is not None:
        raise CommandError("--curves: the figure compares several C; leave out --curves or --C")
    return C
