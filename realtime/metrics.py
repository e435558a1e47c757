"""The numbers at /metrics. Those of all workers are added up, in a folder that gunicorn.conf.py names and clears.

What moves with every frame is counted by plain numbers in the hub, and copied from there now and then.
"""

import logging
import os
import time
from contextvars import ContextVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from models import Author, Message

COPY_EVERY_SECONDS = 5

OPEN_SOCKETS = Gauge("baton_open_sockets", "WebSockets that are open.", multiprocess_mode="livesum")
QUEUED_FRAMES = Gauge("baton_queued_frames", "Frames that wait for slow readers.", multiprocess_mode="livesum")
LONGEST_QUEUE = Gauge("baton_longest_queue_frames", "Frames in the longest queue of one socket.",
                      multiprocess_mode="livemax")
FRAMES = Counter("baton_frames_total", "Frames put into the queues of sockets.")
DROPPED = Counter("baton_dropped_sockets_total", "Sockets closed with 1013, because their reader was too slow.")
LATE_ANSWERS = Counter("baton_late_answers_total", "Answers of bots that came too late and were dropped.")
CATCH_UPS = Counter("baton_catch_ups_total", "Requests of pages for what they miss.", ["screen"])
MESSAGES = Counter("baton_messages_total", "Messages stored, by author.", ["author"])
ERRORS = Counter("baton_errors_total", "Errors in the log: faults of Baton's own, and parts that are away.")
SEND_TO_PUSH = Histogram(
    "baton_send_to_push_seconds", "From a message's request to its frames in the queues, or on their way to Redis.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))

# Looked up once: a lookup by label costs as much as the counting. Each is there from the start, at 0.
_MESSAGES_BY = {author: MESSAGES.labels(author) for author in Author if author != Author.SYSTEM}
_CATCH_UPS_OF = {screen: CATCH_UPS.labels(screen) for screen in ("customer", "chat", "inbox")}

# When the request that is being answered began (time.perf_counter).
request_began: ContextVar[float | None] = ContextVar("request_began", default=None)


def hear(facts: list) -> None:
    """Count what was committed; called after the pushes, so that these are in the time."""
    for fact in facts:
        if isinstance(fact, Message):
            _MESSAGES_BY[fact.author].inc()
            began = request_began.get()
            # A bot's answer comes in the context of the question, and takes as long as the bot thinks.
            if began is not None and fact.author != Author.BOT:
                SEND_TO_PUSH.observe(time.perf_counter() - began)


def note_catch_up(screen: str) -> None:
    """Count a request for what a page misses; `screen` is "customer", "chat" or "inbox"."""
    _CATCH_UPS_OF[screen].inc()


class ErrorCounter(logging.Handler):
    """Counts what is logged as an error."""

    def __init__(self):
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        ERRORS.inc()


class Copier:
    """Copies the numbers of one process from where they are counted."""

    def __init__(self, hub, runner):
        self.hub = hub
        self.runner = runner
        self._copied: dict[Counter, int] = {}

    def run(self) -> None:
        """Copy every few seconds, for ever, so that another worker can answer for this one."""
        while True:
            self.copy()
            time.sleep(COPY_EVERY_SECONDS)

    def copy(self) -> None:
        """Bring this process's numbers up to date."""
        queues = self.hub.queue_lengths()
        OPEN_SOCKETS.set(self.hub.open)
        QUEUED_FRAMES.set(sum(queues))
        LONGEST_QUEUE.set(max(queues, default=0))
        self._add(FRAMES, self.hub.frames)
        self._add(DROPPED, self.hub.dropped_slow)
        self._add(LATE_ANSWERS, self.runner.late_answers)

    def _add(self, counter: Counter, total: int) -> None:
        counter.inc(total - self._copied.get(counter, 0))
        self._copied[counter] = total


def as_text() -> bytes:
    """The numbers of all workers in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    return generate_latest(together)
