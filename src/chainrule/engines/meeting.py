"""Fits to the same rows, whose passes are taken together.

    meeting = Meeting(joint, threads=2)
    engine = meeting.around(engine)           in the problem of each fit, instead of an engine of its own
    meeting.hold(fits, most=64)               what the fits, functions without arguments, return

Each fit has a thread and runs as if it were alone, but one at a time. When it asks its engine for a sum, the next one
runs. Once all wait, `joint` takes the sums that they ask for in one pass over the rows, and each fit goes on with its
own. So a method for one fit serves for many: each has its own steps and its own end, and a fit that has ended takes no
further time.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from chainrule.engines.ctrl_c import ctrl_c_calls
from chainrule.engines.engine import LeafFunction, Sums
from chainrule.engines.local import Leaves, LocalEngine


class Request(NamedTuple):
    """A sum that a fit waits for.

    Attributes
    ----------
    engine : MeetingEngine
        The engine of the fit.
    """

    engine: "MeetingEngine"
    function: LeafFunction
    state: Any
    keys: Sequence[int] | None


Joint = Callable[[LocalEngine, Sequence[Request]], Sequence[Sums]]
"""From the rows, and requests for sums over the same leaves of them: the sums, from one pass."""


Outcome = tuple[Any, BaseException | None]
"""A result, or None and the error in its place."""


@dataclass(eq=False)
class MeetingEngine:
    """The engine of one fit at a meeting.

    Attributes
    ----------
    meeting : Meeting
    rows : LocalEngine
        The rows without targets, which several fits share.
    leaves : Leaves
        The same rows with the targets and weights of the fit.
    kept : dict
        For each leaf, the results that the fit keeps.
    """

    meeting: "Meeting"
    rows: LocalEngine
    leaves: Leaves
    threads = 1

    def __post_init__(self) -> None:
        self.close()

    @property
    def x(self) -> Any:
        """The features of all rows."""
        return self.leaves.x

    def with_threads(self, count: int) -> "MeetingEngine":
        """The engine itself: its rows know their threads."""
        return self

    def around(self, engine: LocalEngine) -> "MeetingEngine":
        """An engine at the same meeting for other features of the same fit."""
        return self.meeting.around(engine)

    def blocks(self) -> Sequence[int]:
        """The numbers of all leaves."""
        return self.leaves.numbers

    def map_reduce(self, function: LeafFunction, state: Any, keys: Sequence[int] | None = None) -> Sums:
        """The sum of function(leaf, state) over some leaves."""
        return self.meeting.sum_of(Request(self, function, state, keys))

    def close(self) -> None:
        """Forget the results that were kept."""
        self.kept: dict[int, dict[Any, Any]] = {number: {} for number in self.leaves.numbers}


class Meeting:
    """A meeting of fits.

    Parameters
    ----------
    joint : Joint
        Takes the sums.
    threads : int
        Threads that share a pass.
    rank : callable, optional
        Requests of the lowest rank come first. Those of a costly kind, last in rank, so wait for each other.
    """

    def __init__(self, joint: Joint, threads: int, rank: Callable[[Request], Any] | None = None) -> None:
        self._joint, self._threads, self._rank, self._interrupts = joint, threads, rank or (lambda request: 0), 0
        self._rows: dict[int, LocalEngine] = {}  # by the id of x
        self._posts: SimpleQueue[Any] = SimpleQueue()
        self._of_thread = threading.local()

    def around(self, engine: LocalEngine) -> MeetingEngine:
        """An engine in place of one with the same rows, targets and weights."""
        leaves = replace(engine.leaves, targets=None, weights=None)
        rows = self._rows.setdefault(id(leaves.x), LocalEngine(leaves, self._threads))
        return MeetingEngine(self, rows, engine.leaves)

    def hold(self, fits: Sequence[Callable[[], Any]], most: int) -> list[Outcome]:
        """The result and the error of each fit. At most `most` fits have begun and not ended.

        Ctrl-C raises KeyboardInterrupt where each fit next asks for a sum, or in its place if it has not begun.
        """
        outcomes: list[Outcome] = [(None, None)] * len(fits)
        ended = threading.Event()

        def lead() -> None:
            try:
                self._lead(fits, most, outcomes)
            finally:
                ended.set()

        # Ctrl-C interrupts the main thread alone, which only waits.
        with ctrl_c_calls(self._interrupt):
            threading.Thread(target=copy_context().run, args=(lead,), daemon=True).start()
            while not ended.is_set():
                try:
                    ended.wait(0.1)  # a signal that another thread receives does not wake this one
                except KeyboardInterrupt:  # from a handler of the program
                    self._interrupt()
        return outcomes

    def sum_of(self, request: Request) -> Sums:
        """The sum for the fit of this thread, after its turn; outside the fits, at once."""
        inbox = getattr(self._of_thread, "inbox", None)
        if inbox is None:
            return self._joint(request.engine.rows, [request])[0]
        self._posts.put(request)
        result, error = inbox.get()
        if error is not None:
            raise error
        return result

    # What follows is private.

    def _interrupt(self) -> None:
        self._interrupts += 1

    def _lead(self, fits: Sequence[Callable[[], Any]], most: int, outcomes: list[Outcome]) -> None:
        """Give turns to the fits, and take the sums when all wait."""
        coming, seen = deque(range(len(fits))), [0] * len(fits)
        inboxes: dict[int, SimpleQueue[Outcome]] = {}
        waiting: dict[int, Request] = {}

        def turn(number: int) -> None:
            """Wait for the end of the turn of a fit."""
            post = self._posts.get()
            if isinstance(post, Request):
                waiting[number] = post
            else:
                outcomes[number] = post
                inboxes.pop(number)

        while coming or waiting:
            while coming and len(waiting) < max(most, 1):
                number = coming.popleft()
                if self._interrupts:
                    outcomes[number] = None, KeyboardInterrupt()
                    continue
                inboxes[number] = SimpleQueue()
                work = partial(copy_context().run, self._attend, fits[number], inboxes[number])
                threading.Thread(target=work, daemon=True).start()
                turn(number)
            answers: dict[int, Outcome] = {}
            groups: dict[Any, dict[int, Request]] = {}
            lowest = min(map(self._rank, waiting.values()), default=None)
            for number, request in waiting.items():
                if seen[number] < self._interrupts:
                    answers[number], seen[number] = (None, KeyboardInterrupt()), self._interrupts
                elif self._rank(request) == lowest:
                    keys = None if request.keys is None else tuple(request.keys)
                    groups.setdefault((request.engine.rows, keys), {})[number] = request
            for (rows, _), group in groups.items():
                answers.update(zip(group, self._sums(rows, list(group.values())), strict=True))
            for number, answer in answers.items():
                del waiting[number]
                inboxes[number].put(answer)
                turn(number)

    def _sums(self, rows: LocalEngine, requests: list[Request]) -> list[Outcome]:
        """The sums, or the error of the pass for each fit in it."""
        try:
            return [(result, None) for result in self._joint(rows, requests)]
        except BaseException as error:
            return [(None, error)] * len(requests)

    def _attend(self, fit: Callable[[], Any], inbox: "SimpleQueue[Outcome]") -> None:
        """Run one fit."""
        self._of_thread.inbox = inbox
        end: Outcome
        try:
            end = fit(), None
        except BaseException as error:
            end = None, error
        self._posts.put(end)
