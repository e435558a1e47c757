"""Customers and members in live chats, who write both ways whatever happens to the server."""

import asyncio
import itertools
import random
import secrets
from collections.abc import Callable, Sequence

from models import Chat, Member, Visit, reading
from models.inbox import digests
from tests.clients import Http, Line
from tests.conftest import Desk
from tests.crash.account import Account, account_of
from tests.crash.screens import ChatScreen, InboxScreen
from tests.people import MemberClient, new_uuid

LOOKS_EVERY_SECONDS = 0.1
MOST_ON_THEIR_WAY = 3
# Every so many chats a second member looks on.
ONLOOKED = 5


class Pass:
    """What proves to the server who a member is; one sign-in serves all pages of theirs."""

    def __init__(self, server, member: Member):
        client = MemberClient(server, member.email)
        self.member = member
        cookies = "; ".join(f"{name}={value}" for name, value in client.http.cookies.items())
        self.socket_headers = {"Cookie": cookies}
        self.headers = {**self.socket_headers, "X-CSRFToken": client.csrf, "HX-Request": "true"}
        client.http.close()


class Crowd:
    """Some chats of a desk's bot and who is in them: a customer, the assignee, now and then a member who looks on."""

    def __init__(self, server, desk: Desk):
        self.server = server
        self.desk = desk
        self.screens: dict[int, list[ChatScreen]] = {}
        self.inboxes: list[InboxScreen] = []
        self._passes = [Pass(server, desk.maya), Pass(server, desk.noor)]
        self._writing: list[asyncio.Task] = []

    def open_chats(self, count: int) -> list[tuple[int, str]]:
        """New live chats, each with an assignee, made in the database: (chat id, the customer's token)."""
        return [self._open_chat(self._passes[number % 2].member) for number in range(count)]

    def _open_chat(self, assignee: Member) -> tuple[int, str]:
        token = secrets.token_urlsafe(32)
        chat_id = Chat.start(self.desk.bot, token, Visit(), f"Hello {token[:6]}", new_uuid()).chat_id
        with reading() as session:
            chat = session.get(Chat, chat_id)
        chat.hand_off().post_as_member(assignee, f"Ahoy {token[:6]}", new_uuid())
        return chat_id, token

    async def gather(self, chats: int) -> "Crowd":
        """Open the chats, the pages that show them, and both members' inboxes; all are connected."""
        for chat_id, token in await asyncio.to_thread(self.open_chats, chats):
            number = len(self.screens)
            self.screens[chat_id] = [
                self.customer_screen(chat_id, token, f"customer {number}").start(),
                self.member_screen(chat_id, self._passes[number % 2], f"assignee {number}").start(),
            ]
            if number % ONLOOKED == 0:
                onlooker = self.member_screen(chat_id, self._passes[1 - number % 2], f"onlooker {number}")
                self.screens[chat_id].append(onlooker.start())
        for own in self._passes:
            inbox = InboxScreen(Http(Line(self.server.port), own.headers), f"/bots/{self.desk.bot.key}",
                                own.socket_headers, own.member.id)
            self.inboxes.append(inbox.start())
        await until(lambda: all(screen.is_connected for screen in self.all()), 30, "everybody is connected")
        return self

    def customer_screen(self, chat_id: int, token: str, name: str) -> ChatScreen:
        """A page of a chat's customer, on a line of its own, not opened yet."""
        http = Http(Line(self.server.port), {"Authorization": f"Bearer {token}", "HX-Request": "true"})
        url = f"/widget/{self.desk.bot.key}/chats/{chat_id}"
        return ChatScreen(http, url, {"Sec-WebSocket-Protocol": f"baton, {token}"}, name)

    def member_screen(self, chat_id: int, own: Pass, name: str, line: Line | None = None) -> ChatScreen:
        """A page of a member with the chat open, on a line of its own, not opened yet."""
        http = Http(line or Line(self.server.port), own.headers)
        return ChatScreen(http, f"/bots/{self.desk.bot.key}/chats/{chat_id}", own.socket_headers, name)

    def onlookers(self, chat_id: int, count: int, receive_buffer: int) -> list[ChatScreen]:
        """More pages of members in a chat, on lines that clog; not opened yet. They count in the account."""
        added = [self.member_screen(chat_id, self._passes[0], f"onlooker {number}",
                                    Line(self.server.port, receive_buffer)) for number in range(count)]
        self.screens[chat_id] += added
        return added

    def tabs(self, chats: int, each: int) -> list[ChatScreen]:
        """New chats whose customers have `each` tabs; not opened yet. They count in the account."""
        added = []
        for chat_id, token in self.open_chats(chats):
            self.screens[chat_id] = [self.customer_screen(chat_id, token, f"tab {tab}") for tab in range(each)]
            added += self.screens[chat_id]
        return added

    def all(self) -> list[ChatScreen | InboxScreen]:
        """Every page."""
        return [*(screen for screens in self.screens.values() for screen in screens), *self.inboxes]

    def authors(self) -> list[ChatScreen]:
        """The pages of those who write: each chat's customer and assignee."""
        return [screen for screens in self.screens.values() for screen in screens[:2]]

    def start_writing(self, pause: float, authors: Sequence[ChatScreen] | None = None) -> None:
        """Have everybody write about every `pause` seconds, whether or not the last messages went through."""
        self._writing += [asyncio.create_task(write_on(author, pause)) for author in authors or self.authors()]

    async def stop_writing(self) -> None:
        """Everybody has said what they wanted to say."""
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
        self._writing.clear()

    def delays(self, since: float = 0, without: int | None = None) -> list[float]:
        """Seconds from pressing Send to the other side's screen, for messages that were written after `since`.

        The chat with the id `without` is left out.
        """
        found = []
        for screens in (screens for chat_id, screens in self.screens.items() if chat_id != without):
            for author, other in itertools.permutations(screens[:2], 2):
                shown_at = other.shown_at
                found += [shown_at[f"message_{message.uuid}"] - message.written_at for message in author.written
                          if message.written_at >= since and f"message_{message.uuid}" in shown_at]
        return sorted(found)

    async def account(self, seconds: float = 45) -> Account:
        """Wait until every outbox is empty and every page is complete, at most so long; then count."""
        try:
            await until(lambda: all(not author.outbox for author in self.authors()), seconds, "")
            await until(self._all_is_shown, seconds, "")
        except AssertionError:
            pass  # the account says what is missing
        return await asyncio.to_thread(account_of, self.screens)

    async def inboxes_agree(self, seconds: float = 25) -> None:
        """Wait until both inboxes list every live chat of the bot as it is, at most so long."""
        with reading() as session:
            wanted = digests(session, [self.desk.bot.id])[self.desk.bot.id]
        await until(lambda: all(inbox.digest() == wanted for inbox in self.inboxes), seconds, f"inboxes show {wanted}")

    async def leave(self) -> None:
        """Close every page."""
        await self.stop_writing()
        await asyncio.gather(*(screen.stop() for screen in self.all()))
        for screen in self.all():
            screen.http.close()

    def _all_is_shown(self) -> bool:
        lasts = [{screen.last for screen in screens} for screens in self.screens.values()]
        acknowledged = [max((max(screen.acknowledged.values(), default=0) for screen in screens), default=0)
                        for screens in self.screens.values()]
        return all(len(last) == 1 and max(last) >= seq for last, seq in zip(lasts, acknowledged, strict=True))


async def write_on(author: ChatScreen, pause: float) -> None:
    """Write for ever, each text unlike any other; who has several texts on their way waits."""
    number = 0
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        if len(author.outbox) >= MOST_ON_THEIR_WAY:
            continue
        number += 1
        author.write(f"{author.name} says <{number}> & more")


async def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition; fails when it does not hold within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(LOOKS_EVERY_SECONDS)
