"""Fits on a Dask cluster: workers on this machine or elsewhere, which read the rows of files themselves."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.output import CommandError, one_line
from chainrule.engines import ClusterError
from chainrule.extras import import_extra
from chainrule.kernels.blas import available_threads
from chainrule.storage import Blocks, StoredRows

SECONDS_TO_ANSWER = 20
"""Time in which a scheduler and its first worker must answer."""
NUMBERS_OF_A_TASK = 1 << 24
"""Numbers in the rows that a task reads: 64 MB in float32."""


@contextmanager
def dask_client(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """A client that fits use while the block runs.

    Parameters
    ----------
    workers : int, optional
        Processes on this machine, of one thread each; by default as many as cores.
    scheduler : str, optional
        The address of a running scheduler, in place of such processes.

    Raises
    ------
    CommandError
        If the scheduler does not answer or has no worker, or if a pass fails on the workers.
    ImportError
        If Dask, the extra 'dask', is not installed.
    """
    distributed = import_extra("distributed", "dask", "--engine dask needs Dask")
    with ExitStack() as stack:
        # Errors of Dask end the command with a message; its log would print them before that.
        for logger in map(logging.getLogger, ("distributed", "distributed.client")):
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL)
        try:
            where = scheduler
            if scheduler is None:
                count, quiet = workers or available_threads(), logging.CRITICAL
                where = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=quiet
                    )
                )
            client = stack.enter_context(distributed.Client(where, timeout=SECONDS_TO_ANSWER))
            client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
        except (OSError, TimeoutError, RuntimeError) as error:
            missing = f"--scheduler: {scheduler}" if scheduler else "--workers: the workers"
            raise CommandError(
                f"{missing}: no scheduler or no worker answers within {SECONDS_TO_ANSWER} s ({one_line(error)})"
            ) from None
        try:
            yield client
        except ClusterError as error:
            raise CommandError(one_line(error)) from None


def on_workers(rows: StoredRows) -> Any:
    """Rows of `Blocks` as a Dask array, whose chunks workers read from the same paths."""
    da = import_extra("dask.array", "dask", "--engine dask needs Dask")
    dask = import_extra("dask", "dask", "--engine dask needs Dask")
    blocks: Any = rows.source
    columns = None if blocks.columns is None else tuple(blocks.columns)
    paths = tuple(map(os.path.abspath, blocks.paths))
    count, features = rows.shape
    numbers = np.arange(count) if rows.chosen is None else rows.chosen
    step, task = max(1, NUMBERS_OF_A_TASK // features), dask.delayed(_read, pure=False)
    empty = blocks.features(0, 0).astype(rows.dtype)
    chunks = [
        da.from_delayed(
            task(paths, columns, features, rows.dtype.name, numbers[start : start + step]),
            (min(step, count - start), features),
            meta=empty,
        )
        for start in range(0, count, step)
    ]
    return da.concatenate(chunks)


# What follows is private.


@cache
def _opened(paths: tuple[str, ...], columns: tuple[str, ...] | None, features: int) -> Blocks:
    """The files, opened once in each worker."""
    return Blocks(paths, columns=columns, n_features=features)


def _read(paths: tuple[str, ...], columns: tuple[str, ...] | None, features: int, dtype: str, chosen: Array) -> Array:
    """The features of the chosen rows, checked to be finite."""
    rows = StoredRows(_opened(paths, columns, features), np.dtype(dtype), chosen)
    return rows[:]
