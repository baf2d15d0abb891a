"""The Dask cluster of a command: workers on this machine, or elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from chainrule.cli.output import CommandError, one_line
from chainrule.engines import ClusterError
from chainrule.extras import import_extra
from chainrule.kernels.blas import available_threads

SECONDS_TO_ANSWER = 20
"""Time in which a scheduler and its first worker must answer."""


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
                where = distributed.LocalCluster(
                    n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=quiet
                )
                stack.callback(_close, where)
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


# What follows is private.


def _close(cluster: Any) -> None:
    """End the processes of a cluster. Dask may stumble over a dead one, and then never ends."""
    with suppress(KeyError, TimeoutError):
        cluster.close(timeout=SECONDS_TO_ANSWER)
    cluster.shutdown_on_close = False  # so that Dask does not try again when the process ends
