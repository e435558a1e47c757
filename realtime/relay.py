"""Carries finished frames to every process that has listeners for them."""

import json
import logging
import time
from collections.abc import Callable
from functools import partial
from math import inf

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.hub import Hub
from realtime.pauses import pause
from realtime.sender import ANSWER_SECONDS, Sender

log = logging.getLogger(__name__)

# Closings are rare and go to every process, apart from the frames: nobody has to look into those.
CLOSINGS = "closings"
LISTEN_SECONDS = 2
# So many frames are put into the queues of sockets before their writers get a turn: fewer than such a queue holds.
TAKEN_AT_ONCE = 64
MOST_UNANSWERED_CHECKS = 2
MOST_WAIT_SECONDS = 5
# So long a closing is said again to processes that come back: longer than any of them takes to notice and return.
REPEATED_SECONDS = 60


class LocalRelay:
    """For one process: a relay is a function call."""

    def __init__(self, hub: Hub):
        self._hub = hub
        self.on_confirmed = hub.catch_up

    def publish(self, topic: str, frame: str) -> None:
        """Deliver a frame to all who listen to the topic."""
        self._hub.deliver(topic, frame)

    def reaches(self, topic: str) -> bool:
        """Whether anybody listens to the topic."""
        return self._hub.has_listeners(topic)

    def disconnect(self, topic: str, code: int) -> None:
        """Close every connection on the topic, with a WebSocket close code."""
        self._hub.disconnect(topic, code)

    def ready(self) -> bool:
        """Whether frames reach everybody."""
        return True

    def run(self) -> None:
        """Listen to the other processes, for ever; here there are none."""


class RedisRelay:
    """For several processes: Redis pub/sub, only for topics with listeners in this process.

    Pub/sub forgets. Whenever Redis confirms subscriptions (a first listener's, or all of them after an outage),
    `on_confirmed(topics)` is called: their listeners may have missed something. By itself it tells them to catch up.
    """

    def __init__(self, hub: Hub, url: str, deployment: str = ""):
        """`deployment` keeps apart those that share a Redis."""
        self._hub = hub
        self._prefix = f"baton:{deployment}:"
        self._closings = self._prefix + CLOSINGS
        self._sender = Sender(url, on_return=self._say_back)
        self._subscriber = redis.Redis.from_url(
            url, protocol=2, decode_responses=True, socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS, health_check_interval=LISTEN_SECONDS,
            retry=Retry(NoBackoff(), 0))
        self._pubsub: redis.client.PubSub | None = None
        self._listening = False
        self._taken = 0
        # By topic: the code, and the moment from which it is repeated for a while; in the future if Redis has not
        # taken it.
        self._said_closings: dict[str, tuple[int, float]] = {}
        self.on_confirmed: Callable[[list[str]], None] = hub.catch_up
        hub.on_first = self._subscribe
        hub.on_last = self._unsubscribe

    def publish(self, topic: str, frame: str) -> None:
        """Send a frame to all who listen to the topic, in any process. Neither waits nor raises.

        Is Redis away, the frame is delivered in this process only, and the others catch up.
        """
        self._sender.post(self._prefix + topic, frame, partial(self._hub.deliver, topic, frame))

    def reaches(self, topic: str) -> bool:
        """Whether anybody may listen to the topic: who listens in other processes is not known here."""
        return True

    def disconnect(self, topic: str, code: int) -> None:
        """Close every connection on the topic, in any process. Neither waits nor raises.

        Is Redis away, this process closes its own, and the others hear of it when they are back.
        """
        self._hub.disconnect(topic, code)
        self._forget_closings()
        self._say_closing(topic, code, time.monotonic())

    def ready(self) -> bool:
        """Whether Redis answers and this process listens to it."""
        return self._listening and self._sender.answers()

    def run(self) -> None:
        """Listen to Redis, for ever, reconnecting: run it in a greenlet of its own."""
        wait = 0.1
        while True:
            started = time.monotonic()
            self._listen_until_lost()
            wait = 0.1 if time.monotonic() - started > MOST_WAIT_SECONDS else min(wait * 2, MOST_WAIT_SECONDS)
            time.sleep(wait)

    def _listen_until_lost(self) -> None:
        pubsub = self._subscriber.pubsub()
        try:
            pubsub.subscribe(self._closings)
            # From here on new topics subscribe themselves; the others are subscribed now.
            self._pubsub, self._listening = pubsub, True
            self._subscribe(self._hub.topics())
            self._sender.try_again()
            self._listen(pubsub)
        except (redis.RedisError, OSError) as error:
            self._sender.note_outage(error)
        except Exception:
            log.exception("listening to Redis failed")
        finally:
            self._pubsub, self._listening = None, False
            pubsub.close()

    def _listen(self, pubsub: redis.client.PubSub) -> None:
        confirmed: list[str] = []
        while self._listening:
            message = pubsub.get_message(timeout=0 if confirmed else LISTEN_SECONDS)
            if message and message["type"] == "subscribe":
                self._confirm(message["channel"], confirmed)
                continue
            if confirmed:
                self.on_confirmed(confirmed)
                confirmed = []
            if message and message["type"] == "message":
                self._take(message["channel"], message["data"])
            if pubsub.health_check_response_counter > MOST_UNANSWERED_CHECKS:
                raise redis.TimeoutError("Redis does not answer")

    def _confirm(self, channel: str, confirmed: list[str]) -> None:
        if channel == self._closings:
            self._say_back()
        else:
            confirmed.append(channel.removeprefix(self._prefix))

    def _take(self, channel: str, data: str) -> None:
        if channel == self._closings:
            self._take_closing(json.loads(data))
        else:
            self._hub.deliver(channel.removeprefix(self._prefix), data)
            self._taken += 1
            if self._taken % TAKEN_AT_ONCE == 0:
                pause()

    def _take_closing(self, said: dict) -> None:
        if "is_back" in said:
            self._repeat_closings()
        else:
            self._hub.disconnect(said["topic"], said["close"])

    def _say_back(self) -> None:
        # After an outage some are back before others: what those said until now was lost on this process.
        self._sender.post(self._closings, json.dumps({"is_back": True}), lambda: None)

    def _say_closing(self, topic: str, code: int, at: float) -> None:
        self._said_closings[topic] = (code, at)
        self._sender.post(self._closings, json.dumps({"close": code, "topic": topic}),
                          partial(self._said_closings.__setitem__, topic, (code, inf)))

    def _repeat_closings(self) -> None:
        self._forget_closings()
        for topic, (code, at) in list(self._said_closings.items()):
            self._say_closing(topic, code, min(at, time.monotonic()))

    def _forget_closings(self) -> None:
        long_ago = time.monotonic() - REPEATED_SECONDS
        for topic in [topic for topic, (_code, at) in self._said_closings.items() if at < long_ago]:
            del self._said_closings[topic]

    def _subscribe(self, topics: list[str]) -> None:
        if self._pubsub and topics:
            self._command(self._pubsub.subscribe, topics)

    def _unsubscribe(self, topics: list[str]) -> None:
        if self._pubsub and topics:
            self._command(self._pubsub.unsubscribe, topics)

    def _command(self, command, topics: list[str]) -> None:
        try:
            command(*(self._prefix + topic for topic in topics))
        except (redis.RedisError, OSError):
            # redis-py reconnects behind our back, without these topics: start over instead.
            self._listening = False


def open_relay(url: str | None, hub: Hub, deployment: str = "") -> LocalRelay | RedisRelay:
    """The relay for a `REDIS_URL`, or for one process when there is none."""
    return RedisRelay(hub, url, deployment) if url else LocalRelay(hub)
