"""The host's own bot, asked over HTTP: signed, timestamped, and tried again under the same id (docs/webhook.md)."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Sequence

import httpx

from bots.engine import Answer, BotSettings, EngineFailed, Entry, Question
from bots.outward import asking, bounded

VERSION = 1
ANSWER_BYTES = 256 * 1024
# Seconds before each try.
TRIES = (0, 0.5, 1.5)
# Worth another try; what was understood and refused is not.
PASSING = {"unreachable", "cut", "failing", "busy"}


class WebhookEngine:
    """Passes a question on, and the answer back."""

    def __init__(self, settings: BotSettings, entries: Sequence[Entry]) -> None:
        self._settings = settings

    def answer(self, question: Question) -> Answer:
        """Return what the host's bot says. Raises EngineFailed."""
        delivery = question.about.get("delivery") or str(uuid.uuid4())
        body = json.dumps(self._payload(question, delivery)).encode()
        failure = EngineFailed("unreachable")
        for pause in TRIES:
            time.sleep(pause)
            try:
                return self._try(body, delivery)
            except EngineFailed as error:
                if error.trouble not in PASSING:
                    raise
                failure = error
        raise failure

    def _payload(self, question: Question, delivery: str) -> dict:
        history = [{"author": author, "text": text} for author, text in question.history]
        return {"version": VERSION, "delivery": delivery, "bot": {"name": self._settings.name,
                "language": self._settings.language}, "message": {"text": question.text}, "history": history,
                **{name: value for name, value in question.about.items() if name in ("chat", "customer")}}

    def _try(self, body: bytes, delivery: str) -> Answer:
        settings = self._settings
        timestamp = str(int(time.time()))
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Baton-Delivery": delivery,
                   "Baton-Timestamp": timestamp,
                   "Baton-Signature": f"sha256={signature(settings.secret, timestamp, body)}"}
        with asking(settings.option("url"), body, headers, settings.limit_seconds, settings.internal_hosts) as response:
            return _read(response, settings.fallback)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What proves that a request comes from Baton, and is as fresh as it says: hexadecimal HMAC-SHA256."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(response: httpx.Response, fallback: str) -> Answer:
    try:
        said = json.loads(b"".join(bounded(response, ANSWER_BYTES)))
        text, replies = said.get("text", ""), said.get("quick_replies", [])
        hands_over, understood = said.get("hand_over", False), said.get("understood", True)
    except (ValueError, AttributeError, RecursionError) as error:
        raise EngineFailed("nonsense") from error
    if not (isinstance(text, str) and isinstance(replies, list) and all(isinstance(reply, str) for reply in replies)
            and isinstance(hands_over, bool) and isinstance(understood, bool)):
        raise EngineFailed("nonsense")
    if hands_over:
        return Answer(text, tuple(replies), offer_human="asked", hands_over=True)
    if not understood:
        return Answer(text or fallback, tuple(replies), understood=False)
    return Answer(text, tuple(replies))
