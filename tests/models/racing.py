"""Races with real threads and real commits, and what must hold however they go."""

import random
import threading
from collections import Counter
from collections.abc import Callable

from models import Chat, Feedback, Message
from models.refusals import ChatRefusal
from tests.models.chats import fresh, log_of, rows

CLOSINGS = ("chat_resolved", "chat_ended", "chat_expired")


class Arena:
    """Runs the same collision again and again, and counts how it went."""

    def __init__(self):
        self.outcomes = Counter()

    def at_once(self, *acts: Callable) -> list:
        """Do `acts` in threads that start together; return what each gave, or the refusal it raised."""
        gate, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

        def run(number: int) -> None:
            gate.wait(timeout=30)
            try:
                outcomes[number] = acts[number]()
            except Exception as refusal:
                outcomes[number] = refusal

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
        # Who is started last tends to come first: everybody is last now and then.
        for thread in random.sample(threads, len(threads)):
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        self.outcomes.update([" + ".join(sorted(type(outcome).__name__ for outcome in outcomes))])
        return outcomes

    def __str__(self) -> str:
        return "\n".join(f"{times:4} × {outcome}" for outcome, times in self.outcomes.most_common())


def refusals(outcomes: list, *expected: type[Exception]) -> list:
    """The exceptions among the outcomes; each must be of an expected kind."""
    raised = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    for refusal in raised:
        assert type(refusal) in expected, repr(refusal)
    return raised


def assert_sound(chat: Chat, outcomes: list) -> list[str]:
    """What holds for every chat whatever collided in it; returns its log."""
    log, now = log_of(chat), fresh(chat)
    for once in ("chat_assigned", "chat_handed_off", "human_offered", "feedback_left"):
        assert log.count(once) <= 1, log
    closings = [entry for entry in log if entry in CLOSINGS]
    assert closings == ([] if now.is_open else [f"chat_{now.state}"])
    # A closing comes after every message: nobody speaks in a chat that is over.
    assert not closings or not [entry for entry in log[log.index(closings[0]):] if ":" in entry]
    assert log.count("chat_assigned") == (now.assignee_id is not None)
    assert now.epoch == log.count("chat_handed_off") == (now.handed_off_at is not None)
    assert rows(Feedback, Feedback.chat_id == chat.id) == log.count("feedback_left")
    _assert_losers_see(now, outcomes)
    _assert_stored(chat, outcomes)
    return log


def _assert_losers_see(now: Chat, outcomes: list) -> None:
    """A refusal carries the chat as it was when it lost: what is final by then is what it shows."""
    for refusal in outcomes:
        if isinstance(refusal, ChatRefusal):
            assert (refusal.chat.id, refusal.chat.seq <= now.seq) == (now.id, True)
            assert refusal.chat.is_open or refusal.chat.state == now.state
            assert refusal.chat.assignee_id in (None, now.assignee_id)


def _assert_stored(chat: Chat, outcomes: list) -> None:
    for message in outcomes:
        if isinstance(message, Message):
            same = (Message.id == message.id, Message.chat_id == chat.id, Message.seq == message.seq)
            assert rows(Message, *same, Message.text == message.text) == 1
