"""Chats in each state, and what the database holds of them."""

from datetime import timedelta

from sqlalchemy import func, select, update

from models import Base, Bot, Chat, Customer, Member, Message, Notice, SignIn, State, Visit, now, reading, transaction
from models.own_chat import Own, say_in_own_chat
from models.secret import new_token
from models.transcript import entries_after
from tests.conftest import Desk
from tests.people import new_uuid

CLOSED = (State.RESOLVED, State.ENDED, State.EXPIRED)


class Heard(list):
    """A listener that keeps what it was told: one list of words for each commit."""

    def __call__(self, facts: list) -> None:
        self.append([line(fact) for fact in facts])


def line(fact) -> str:
    """A fact in words: "customer: Hello", "chat_ended", "seen_by_members"."""
    if isinstance(fact, Message):
        return f"{fact.author}: {fact.text}"
    return str(fact.kind if isinstance(fact, Notice) else fact.action)


def write_first(desk: Desk, said="Hello", token=None, uuid=None, visit=None) -> Message:
    """A customer's first message; of somebody new unless `token` says who."""
    return Chat.start(desk.bot, token or new_token(), visit or Visit(), said, uuid or new_uuid())


def chat_with_bot(desk: Desk, token=None) -> Chat:
    """A chat in which the customer wrote "Hello"."""
    return chat_of(write_first(desk, token=token))


def offered_chat(desk: Desk, token=None) -> Chat:
    """A chat in which the customer may ask for a person."""
    question = write_first(desk, token=token)
    chat_of(question).answer(question, 0, "Of course.", offer="asked")
    return chat_of(question)


def waiting_chat(desk: Desk, token=None) -> Chat:
    """A live chat without an assignee."""
    return offered_chat(desk, token).hand_off()


def held_chat(desk: Desk, by: Member | None = None, token=None) -> Chat:
    """A live chat that Maya handles, or whoever is named."""
    chat = waiting_chat(desk, token)
    chat.post_as_member(by or desk.maya, "I am here.", new_uuid())
    return fresh(chat)


def closed_chat(desk: Desk, state: State, token=None) -> Chat:
    """A chat that Maya handled before it came to `state`."""
    chat = waiting_chat(desk, token)
    chat.post_as_member(desk.maya, "I am here.", new_uuid())
    if state == State.RESOLVED:
        return chat.resolve(desk.maya)
    if state == State.ENDED:
        return chat.end()
    chat.expire(now() + timedelta(seconds=1))
    return fresh(chat)


def write_as_customer(chat: Chat, said: str, uuid: str) -> Message:
    """What the customer's request does: all at once where the database can, and the longer way else."""
    with reading() as session:
        customer = session.get(Customer, chat.customer_id)
        own = Own(session.get(Bot, chat.bot_id).key, customer.token_hash, chat.id)
    return say_in_own_chat(own, said, uuid) or chat.post_as_customer(said, uuid)


def chat_of(message: Message) -> Chat:
    """The chat of a message, as it is now."""
    with reading() as session:
        return session.get(Chat, message.chat_id)


def fresh(chat: Chat) -> Chat:
    """The chat as the database holds it now."""
    with reading() as session:
        return session.get(Chat, chat.id)


def log_of(chat: Chat) -> list[str]:
    """What the chat's log holds, in words and in order. Its numbers must be 1, 2, 3, … without a gap."""
    with reading() as session:
        now = session.get(Chat, chat.id)
        entries = entries_after(session, now, 0)
    assert [entry.seq for entry in entries] == list(range(1, now.seq + 1))
    return [line(entry) for entry in entries]


def rows(table: type[Base], *conditions) -> int:
    """How many rows of `table` meet the conditions."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions))


def change(table: type[Base], *conditions, **values) -> None:
    """Make the past, or a setting, what a test needs."""
    with transaction() as session:
        session.execute(update(table).where(*conditions).values(**values))


def sign_in_of(token: str) -> SignIn | None:
    """The living sign-in behind a token."""
    with reading() as session:
        found = SignIn.holder(session, token)
    return found and found[0]
