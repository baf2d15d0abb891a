"""Commands that torchrun starts in several processes, which work together and speak with one voice.

    torchrun --nproc-per-node 4 -m chainrule train data.npz

torchrun tells every process its place in environment variables. Only rank 0 prints, apart from errors.
"""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from chainrule.cli.output import CommandError, one_line
from chainrule.extras import import_extra

Arguments = ParamSpec("Arguments")

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def is_launched() -> bool:
    """True if torchrun has started this process."""
    return all(name in os.environ for name in VARIABLES)


def is_restarted() -> bool:
    """True if torchrun has started this process again, after one process had died."""
    return is_launched() and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"


def one_of_many(command: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Decorate a command so that, under torchrun, its processes form a group of torch.distributed while it runs.

    The threads of a process are its share of the machine's cores, or OMP_NUM_THREADS if that is larger than 1; torchrun
    itself sets it to 1.
    """

    @wraps(command)
    def together(*arguments: Arguments.args, **named: Arguments.kwargs) -> int:
        if not is_launched():
            return command(*arguments, **named)
        from chainrule.kernels.blas import threads_allowed
        from chainrule.training.processes import SILENCE

        distributed = import_extra("torch.distributed", "torch", "torchrun needs PyTorch")
        timeout = timedelta(seconds=SILENCE)
        try:
            store, rank, count = next(distributed.rendezvous("env://", timeout=timeout))
            # On one machine, torchrun keeps the store when it restarts processes, with the addresses of the dead.
            store = distributed.PrefixStore(f"attempt {_attempt()}", store)
            distributed.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=timeout)
        except RuntimeError as error:
            raise CommandError(f"the processes of torchrun do not find each other: {one_line(error)}") from error
        try:
            with ExitStack() as stack:
                stack.enter_context(threads_allowed(_threads()))
                if rank != 0:
                    silent = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
                    stack.enter_context(redirect_stdout(silent))
                    stack.enter_context(redirect_stderr(silent))
                return command(*arguments, **named)
        finally:
            distributed.destroy_process_group()

    return together


# What follows is private.


def _attempt() -> str:
    """The number of restarts. Several machines may count differently, and get a new store for each restart."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") if os.environ.get("GROUP_WORLD_SIZE") == "1" else "0"


def _threads() -> int:
    """The number of threads of this process."""
    given = os.environ.get("OMP_NUM_THREADS", "1")
    if given.isdecimal() and int(given) > 1:
        return int(given)
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores // int(os.environ["LOCAL_WORLD_SIZE"]))
