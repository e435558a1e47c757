"""Customers in two tabs and a whole team in the same chats, who do everything at the same moment."""

import asyncio
import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from tests.clients import Answer, Http, Line
from tests.crash.crowd import Pass
from tests.people import new_uuid


@dataclass
class Arena:
    """Where the collisions happen, and how they ended: by pair, how many asked and how many were refused.

    `acknowledged` holds texts, `holders` the id of the member who got the chat, both by chat id.
    """

    port: int
    bot_key: str
    team: Sequence[Pass]
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    holders: dict[int, int] = field(default_factory=dict)

    def __post_init__(self):
        self.desks = {own.member.id: Http(Line(self.port), own.headers) for own in self.team}

    async def collide(self, pair: str, shown: str, *asks: Awaitable[Answer]) -> list[Answer]:
        """Ask all at once. Who is refused must read a sentence, and get the chat as it is (elements `shown`)."""
        # The first has a start on the others: everybody comes first now and then.
        tasks = [asyncio.ensure_future(ask) for ask in random.sample(asks, len(asks))]
        answers = dict(zip(tasks, await asyncio.gather(*tasks), strict=True))
        for loser in (answer for answer in answers.values() if not answer.ok):
            assert loser.status in (403, 409), f"{pair}: {loser.status} {loser.text[:300]}"
            assert "hx-target='#notice'" in loser.text, f"{pair}: no sentence in {loser.text[:300]}"
            assert shown in loser.text, f"{pair}: no {shown} in {loser.text[:300]}"
            self.refused[pair] += 1
        self.asked[pair] += len(answers)
        return list(answers.values())

    def __str__(self) -> str:
        pairs = ", ".join(f"{pair} {self.refused[pair]:,} of {asked:,}" for pair, asked in self.asked.items())
        return f"{self.asked.total():,} colliding requests, refused: {pairs}"

    def close(self) -> None:
        """Hang up."""
        for http in self.desks.values():
            http.close()


class Chat:
    """One chat as both sides act on it. Each act is one request, which begins when it is awaited."""

    def __init__(self, arena: Arena):
        self.arena = arena
        self.id = 0
        self._url = f"/widget/{arena.bot_key}/chats"
        headers = {"Authorization": f"Bearer {secrets.token_urlsafe(32)}", "HX-Request": "true"}
        self._tabs = [Http(Line(arena.port), headers) for _tab in range(2)]

    # What a losing page is shown

    @property
    def state(self) -> str:
        """Of either side: the element around the log that every change of state renews."""
        return f"_chat_{self.id}"

    # Acts of the customer

    async def begins(self) -> None:
        """The first message of both tabs at the same moment makes one chat."""
        first, second = await self.arena.collide("start/start", "", *(
            tab.post(self._url, {"text": f"Hello {number}", "uuid": new_uuid()})
            for number, tab in enumerate(self._tabs)))
        assert first.ok and second.ok
        assert first.headers["baton-chat"] == second.headers["baton-chat"], "two tabs made two chats"
        self.id = int(first.headers["baton-chat"])
        self._url += f"/{self.id}"

    def customer(self, tab: int, action: str, **form) -> Awaitable[Answer]:
        """A press of a button in one of the tabs."""
        return self._tabs[tab].post(f"{self._url}/{action}", form)

    def customer_writes(self, tab: int, text: str) -> Awaitable[Answer]:
        """A message from one of the tabs."""
        return self._noted(text, self.customer(tab, "messages", text=text, uuid=new_uuid()))

    # Acts of members

    def member_writes(self, own: Pass, text: str) -> Awaitable[Answer]:
        """A message of a member."""
        return self._noted(text, self._desk(own, "messages", text=text, uuid=new_uuid()))

    def member_resolves(self, own: Pass) -> Awaitable[Answer]:
        """A member presses Resolve."""
        return self._desk(own, "closure")

    async def is_taken(self) -> Pass:
        """The whole team writes first; returns the member who got the chat."""
        texts = {f"I am {own.member.id} <first>": own for own in self.arena.team}
        await self.arena.collide("assign/assign", f"composer_state_chat_{self.id}", *(
            self.member_writes(own, text) for text, own in texts.items()))
        won = [texts[text] for text in self.arena.acknowledged[self.id] if text in texts]
        assert len(won) == 1, f"chat {self.id} went to {len(won)} members"
        self.arena.holders[self.id] = won[0].member.id
        return won[0]

    def close(self) -> None:
        """Hang up."""
        for tab in self._tabs:
            tab.close()

    def _desk(self, own: Pass, action: str, **form) -> Awaitable[Answer]:
        path = f"/bots/{self.arena.bot_key}/chats/{self.id}/{action}"
        return self.arena.desks[own.member.id].post(path, form)

    async def _noted(self, text: str, ask: Awaitable[Answer]) -> Answer:
        answer = await ask
        if answer.ok:
            self.arena.acknowledged[self.id].append(text)
        return answer
