"""Work that is ready at the same moment is committed at once: the disk is waited for once, not by one after the other.

Databases call this a group commit; PostgreSQL has its own.
"""

import threading
import time
from collections.abc import Callable

Work = Callable[..., object]
# While it is done, nobody else in the process is served.
MOST_TOGETHER = 64


class _Job:
    """One piece of work, and what became of it; `outcome` stays None when the commit failed."""

    def __init__(self, work: Work):
        self.work = work
        self.outcome: object | None = None
        self.over = threading.Event()


class GroupCommit:
    """Does work in groups. `commit(works)` does all of a group, or raises and does nothing; it returns the outcomes.

    Whoever comes first leads: after a breath, in which others may join, they have the group committed. It works for
    threads, and for greenlets, among which the breath lets everybody run whose request has arrived.
    """

    def __init__(self, commit: Callable[[list[Work]], list[object]]):
        self._commit = commit
        self._guard = threading.Lock()
        self._jobs: list[_Job] = []
        self._is_led = False

    def do(self, work: Work) -> object | None:
        """The outcome of `work`; None when the commit failed, for this or for any other of the group."""
        job = _Job(work)
        with self._guard:
            self._jobs.append(job)
            leads, self._is_led = not self._is_led, True
        if leads:
            self._lead()
        job.over.wait()
        return job.outcome

    def _lead(self) -> None:
        try:
            time.sleep(0)
            while group := self._next_group():
                self._commit_group(group)
        except BaseException:  # whoever leads may be killed, or out of time: nobody else is
            self._step_down()
            raise

    def _next_group(self) -> list[_Job]:
        """Those who wait; when there are none, whoever comes next leads."""
        with self._guard:
            group, self._jobs = self._jobs[:MOST_TOGETHER], self._jobs[MOST_TOGETHER:]
            self._is_led = bool(group)
            return group

    def _step_down(self) -> None:
        """Let those who wait do their work alone, and whoever comes next lead."""
        with self._guard:
            waiting, self._jobs, self._is_led = self._jobs, [], False
        for job in waiting:
            job.over.set()

    def _commit_group(self, group: list[_Job]) -> None:
        try:
            for job, outcome in zip(group, self._commit([job.work for job in group]), strict=True):
                job.outcome = outcome
        except Exception:  # done alone, each finds out whose fault it was
            pass
        finally:
            for job in group:
                job.over.set()
