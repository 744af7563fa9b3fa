"""Who computes the units: this process, worker processes here, or a dask scheduler anywhere.

Every unit runs on one thread. A worker that dies takes only the unit with it that it was computing;
that is tried once more, and then counts as failed. A unit that takes longer than the time limit
counts as failed, and its worker is restarted.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from experiments.engine.unit import Result, Unit, attempt, failure
from theory import InvalidInput, SubnetsError

if TYPE_CHECKING:
    from distributed import Client, Future

_ATTEMPTS = 2  # of a unit whose worker dies
_STARTS = 3  # of the worker processes
_TOPIC = "goodsubnets-started"
_POLL = 0.5  # seconds between looks at the time limit
_CONNECT = "20s"


class RunFailed(SubnetsError):
    """Runs failed, or could not go on; the message says which and why."""


class TimedOut(SubnetsError):
    """A unit took longer than the time limit."""


class Workers:
    """`count` worker processes here (0: this process), or those of a scheduler at an address.

    A context manager; processes start when there is something to compute, and leaving by an error
    or Ctrl-C stops them at once.
    """

    def __init__(
        self, count: int, *, scheduler: str | None = None, time_limit: float | None = None
    ) -> None:
        self.count = count
        self._address = scheduler
        self._limit = time_limit
        self._client: Client | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._client = None

    def results(self, units: Sequence[Unit]) -> Iterator[list[Result]]:
        """The results as they come, in batches of those that came together."""
        if not units:
            return
        if self.count == 0 and self._address is None:
            for unit in units:
                with _alarm(self._limit):
                    result = attempt(unit)
                yield [result]
            return
        if self._client is None:
            self._client = self._start(len(units))
        yield from _Round(self._client, units, self._limit).results()

    def _start(self, wanted: int) -> Client:
        import dask
        from distributed import Client

        dask.config.set(
            {
                # One unit on a worker at a time: a worker that dies takes no other one along.
                "distributed.scheduler.worker-saturation": 1.0,
                "distributed.scheduler.allowed-failures": _ATTEMPTS - 1,
                "distributed.scheduler.work-stealing": False,
                "distributed.comm.timeouts.connect": _CONNECT,
                # Dask has workers give every freed block back to the system, which costs a network
                # in training half of its time; None leaves memory to the C library.
                "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
            }
        )
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self._address is not None:
            try:
                client = Client(self._address, timeout=_CONNECT, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                raise InvalidInput(
                    f"scheduler {self._address!r} does not answer ({error}); start one with "
                    "`dask scheduler` and give the address that it prints"
                ) from None
            return self._open.enter_context(client)
        scratch = self._open.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        cluster = _local_cluster(min(self.count, wanted), scratch)
        self._open.enter_context(cluster)
        return self._open.enter_context(Client(cluster, set_as_default=False))


def _local_cluster(count: int, scratch: str) -> Any:
    """Worker processes here; tried again if one of them dies while they start."""
    from distributed import LocalCluster

    for left in reversed(range(_STARTS)):
        try:
            return LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
                local_directory=scratch,
                memory_limit=0,
            )
        except (RuntimeError, OSError, TimeoutError) as error:
            if left == 0:
                raise RunFailed(
                    f"{count} worker processes do not start ({error}); fewer --workers need less, "
                    "and --workers 0 needs none"
                ) from None
    raise AssertionError


class _Round:
    """One list of units on a cluster."""

    def __init__(self, client: Client, units: Sequence[Unit], limit: float | None) -> None:
        self._client = client
        self._units = {f"{unit.key}-{time.time_ns()}": unit for unit in units}
        self._limit = limit
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._started: dict[str, tuple[float, str]] = {}
        self._guard = threading.Lock()
        self._futures: dict[str, Future] = {}

    def results(self) -> Iterator[list[Result]]:
        """The results in batches, until every unit has ended."""
        if self._limit is not None:
            self._client.subscribe_topic(_TOPIC, self._note_start)
        try:
            futures = self._client.map(
                _attempt_on_worker,
                list(self._units.values()),
                list(self._units),
                key=list(self._units),
                pure=False,
                watched=self._limit is not None,
                retries=0,
            )
            for future in futures:
                self._futures[future.key] = future
                future.add_done_callback(lambda done: self._ended.put(done.key))
            while self._futures:
                batch = [r for key in self._ended_now() if (r := self._take(key)) is not None]
                batch += self._overdue()
                if batch:
                    yield batch
                if self._futures and self._client.status != "running":
                    raise RunFailed(
                        "the scheduler has gone away; what was done is kept: start it again, then "
                        "give the same command"
                    )
        finally:
            if self._limit is not None:
                self._client.unsubscribe_topic(_TOPIC)
            if self._client.status == "running":
                self._client.cancel(list(self._futures.values()), force=True)

    def _ended_now(self) -> list[str]:
        """The keys that have ended, after waiting for one at most a moment."""
        try:
            keys = [self._ended.get(timeout=_POLL)]
        except queue.Empty:
            return []
        while not self._ended.empty():
            keys.append(self._ended.get())
        return keys

    def _take(self, key: str) -> Result | None:
        """The result of an ended future; None if it was dealt with before."""
        future = self._futures.pop(key, None)
        if future is None:
            return None
        unit = self._units[key]
        try:
            # A result lies with the worker until it is fetched: if that dies meanwhile, the unit is
            # computed again, and can fail. `attempt` itself raises nothing.
            result: Result = future.result()
        except Exception as error:
            if type(error).__name__ != "KilledWorker":
                return failure(unit, 0.0, error)
            why = f"its worker process died {_ATTEMPTS} times (killed, or out of memory)"
            return failure(unit, 0.0, RunFailed(why))
        return result

    def _note_start(self, event: tuple[float, dict[str, str]]) -> None:
        _, message = event
        with self._guard:
            self._started[message["key"]] = (time.monotonic(), message["worker"])

    def _overdue(self) -> list[Result]:
        """Units over the time limit: given up, and their workers restarted."""
        if self._limit is None:
            return []
        with self._guard:
            late = [
                (key, worker)
                for key, (start, worker) in self._started.items()
                if key in self._futures and time.monotonic() - start > self._limit
            ]
        results = []
        for key, worker in late:
            future = self._futures.pop(key)
            self._client.cancel([future], force=True)
            self._client.restart_workers([worker], timeout=60, raise_for_error=False)
            error = TimedOut(f"it took longer than the time limit of {self._limit:g} s")
            results.append(failure(self._units[key], self._limit, error))
        return results


def _attempt_on_worker(unit: Unit, key: str, *, watched: bool) -> Result:
    if watched:
        from distributed import get_worker

        worker = get_worker()
        worker.log_event(_TOPIC, {"key": key, "worker": worker.address})
    return attempt(unit)


@contextlib.contextmanager
def _alarm(limit: float | None) -> Iterator[None]:
    """Raise `TimedOut` in the main thread after `limit` seconds, between two bytecodes."""
    if limit is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_: int, __: FrameType | None) -> None:
        raise TimedOut(f"it took longer than the time limit of {limit:g} s")

    before: Any = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
