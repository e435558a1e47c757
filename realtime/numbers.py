"""The last number of each topic, so that a page can tell whether it shows everything."""

from sqlalchemy import select

from models import Chat, SignIn, asking, reading
from models.inbox import digests

# Far below SQLite's limit of variables in one statement.
AT_ONCE = 1000


def numbers(topics: list[str]) -> dict[str, int | str]:
    """By topic: the last `seq` of a chat, or the digest of an inbox. Topics without a number are left out."""
    chats, bots = ids_in(topics, "chat"), ids_in(topics, "bot")
    with asking() as session:
        last = {}
        ids = list(set(chats.values()))
        for start in range(0, len(ids), AT_ONCE):
            some = Chat.id.in_(ids[start:start + AT_ONCE])
            last.update(session.execute(select(Chat.id, Chat.seq).where(some)).all())
        digest = digests(session, list(set(bots.values()))) if bots else {}
    return ({topic: last[chat_id] for topic, chat_id in chats.items() if chat_id in last}
            | {topic: digest[bot_id] for topic, bot_id in bots.items()})


def ended_sign_ins(topics: list[str]) -> list[str]:
    """Those of the topics that belong to sign-ins which are over, however they ended."""
    sign_ins = ids_in(topics, "sign_in")
    with reading() as session:
        over = set(SignIn.ended(session, list(sign_ins.values()))) if sign_ins else ()
    return [topic for topic, sign_in_id in sign_ins.items() if sign_in_id in over]


def member_ids(topics: list[str]) -> list[int]:
    """The members who have a page open, as the topics tell."""
    return list(ids_in(topics, "member").values())


def ids_in(topics: list[str], kind: str) -> dict[str, int]:
    """By topic, for those of a kind ("chat", "bot"): whose it is."""
    return {topic: int(topic.split(":")[1]) for topic in topics if topic.startswith(f"{kind}:")}
