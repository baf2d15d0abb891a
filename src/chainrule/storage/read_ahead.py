"""Read ahead: a thread reads the next parts of some files while the caller works on this one."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

READER = "chainrule reader"
"""The beginning of the names of reading threads."""


def read_ahead(tasks: Iterable[Task], read: Callable[[Task], Result], ahead: int = 1) -> Generator[Result, None, None]:
    """The results of read(task) in the order of the tasks; one thread reads up to `ahead` of them in advance.

    The caller has to close the generator if it stops before the end, for example by `contextlib.closing`: this waits
    for the read in progress, drops the others, and ends the thread. An error of a read is raised where its result
    would be.

    Examples
    --------
    >>> list(read_ahead(range(4), lambda number: number**2, ahead=2))
    [0, 1, 4, 9]
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(1, READER)
    try:
        for task in tasks:
            waiting.append(pool.submit(read, task))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
