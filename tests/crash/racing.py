"""One chat from its first message to its feedback, every step of it a collision of requests that leave together.

`Life` plays it, notes what was answered, and then asks the database whether that is what happened.
"""

import asyncio
import random
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from models import Feedback, Member
from realtime.fragments import others, own
from tests.clients import Answer, Http, Line
from tests.conftest import Desk
from tests.crash.crowd import Pass
from tests.models.chats import rows
from tests.models.racing import assert_sound
from tests.people import new_uuid
from tests.web.edge import assert_pushed, chat_now, pushes_in, said_in

# In every so many chats the whole team writes first.
CROWDED = 20
END, RESOLVE = "end", "resolve"

Request = Coroutine[None, None, Answer]


class Colleague:
    """A member, in as many windows as there are requests on their way."""

    side = "member"

    def __init__(self, server, desk: Desk, member: Member):
        self.id, self.name = member.id, member.first_name
        self.http = Http(Line(server.port), Pass(server, member).headers)
        self._chats = f"/bots/{desk.bot.key}/chats"

    def write(self, chat_id: int, text: str, uuid: str) -> Request:
        """Send a message."""
        return self.http.post(f"{self._chats}/{chat_id}/messages", {"text": text, "uuid": uuid})

    def resolve(self, chat_id: int) -> Request:
        """Press Resolve."""
        return self.http.post(f"{self._chats}/{chat_id}/closure")


class Visitor:
    """A customer, in as many tabs as there are requests on their way."""

    side = "customer"

    def __init__(self, server, desk: Desk):
        token = secrets.token_urlsafe(32)
        self.http = Http(Line(server.port), {"Authorization": f"Bearer {token}", "HX-Request": "true"})
        self._chats = f"/widget/{desk.bot.key}/chats"

    def start(self, text: str, uuid: str) -> Request:
        """Send the first message."""
        return self.http.post(self._chats, {"text": text, "uuid": uuid})

    def write(self, chat_id: int, text: str, uuid: str) -> Request:
        """Send a message."""
        return self.press(chat_id, "messages", text=text, uuid=uuid)

    def press(self, chat_id: int, action: str, **form) -> Request:
        """Press a button."""
        return self.http.post(f"{self._chats}/{chat_id}/{action}", form)


class Tally:
    """How the collisions went: for each pair, what came through how often."""

    def __init__(self):
        self.outcomes: defaultdict[str, Counter] = defaultdict(Counter)
        self.requests = self.refused = 0

    def add(self, pair: str, came_through: Sequence[str], requests: int) -> None:
        """Note one collision."""
        self.outcomes[pair][" + ".join(sorted(came_through))] += 1
        self.requests += requests
        self.refused += requests - len(came_through)

    def __str__(self) -> str:
        collisions = sum(times.total() for times in self.outcomes.values())
        pairs = [f"    {times.total():5,} × {pair}. Came through: "
                 + ", ".join(f"{names} {count:,}" for names, count in times.most_common())
                 for pair, times in sorted(self.outcomes.items())]
        total = f"{collisions:,} collisions of {self.requests:,} requests, {self.refused:,} refused"
        return "\n    ".join([total, *pairs])

    def closings_came(self) -> set[str]:
        """Whether closings came "after" what they collided with, "before" it, or both by turns."""
        collided = (times for pair, times in self.outcomes.items()
                    if "message/" in pair or pair == "handoff/end")
        return {"after" if " + " in names else "before" for times in collided for names in times}


class Life:
    """One chat: what was done in it, and what was answered. `live` runs it, `check` asks the database."""

    def __init__(self, visitor: Visitor, team: Sequence[Colleague], tally: Tally):
        self.visitor = visitor
        self.team = team
        self.tally = tally
        self.chat_id = 0
        self.is_live = False
        self.holder: Colleague | None = None
        self.closing = ""
        self.rating = 0
        self.took = 0.0
        self.acknowledged: set[tuple[int, str]] = set()
        self.refused: set[str] = set()

    async def live(self, number: int) -> "Life":
        """From the first message to the feedback; `number` chooses among steps that exclude each other."""
        await self.start_in_two_tabs(same_message=number % 2 == 0)
        closings = self.closings()
        if number % (len(closings) + 1) == len(closings):
            await self.hand_off_and_end()
        else:
            await self.hand_off_twice()
            await self.write_first(len(self.team) if number % CROWDED == 1 else 2 + number % 4)
            await self.send_twice(self.visitor)
            await self.send_twice(self.holder)
            await closings[number % (len(closings) + 1)]()
        await self.rate_twice()
        await self.act_on_stale_pages()
        self.visitor.http.close()
        return self

    def closings(self) -> list[Callable[[], Awaitable[None]]]:
        """The collisions that end a chat which has an assignee."""
        writing = [partial(self.write_and_close, side, closing)
                   for side in ("customer", "member") for closing in (END, RESOLVE)]
        return [self.end_and_resolve, self.end_in_two_tabs, self.resolve_in_two_windows,
                self.resolve_beside_colleagues, *writing]

    # Collisions

    async def start_in_two_tabs(self, same_message: bool) -> None:
        """Two first messages of one customer make one chat; one that is sent twice is stored once."""
        uuids = [new_uuid()] * 2 if same_message else [new_uuid(), new_uuid()]
        answers = await self.at_once(
            "same first message twice" if same_message else "two first messages",
            *(("message", self.visitor.start(f"Hello {uuid}", uuid)) for uuid in uuids))
        assert [answer.status for answer in answers] == [201, 201], answers
        (chat_id,) = {answer.headers["baton-chat"] for answer in answers}
        self.chat_id = int(chat_id)
        for uuid, answer in zip(uuids, answers, strict=True):
            self.note(self.visitor, f"Hello {uuid}", uuid, answer)

    async def hand_off_twice(self) -> None:
        """Both tabs are shown the one handoff."""
        presses = [("handoff", self.press("handoff")) for _tab in range(2)]
        answers = await self.at_once("handoff/handoff", *presses)
        for answer in answers:
            assert answer.status == 200, answer
            self.assert_shows(answer, "#header", "Waiting for a person")
        self.is_live = True

    async def hand_off_and_end(self) -> None:
        """The end always comes; the handoff came before it, or is refused."""
        presses = ("handoff", self.press("handoff")), (END, self.press("closure"))
        handoff, end = await self.at_once("handoff/end", *presses)
        assert end.status == 200, end
        self.closing, self.is_live = END, handoff.ok
        self.assert_told_of_closing(self.visitor, handoff)

    async def write_first(self, many: int) -> None:
        """One of many members gets the chat; the others keep their text and read who has it."""
        rivals = random.sample(self.team, many)
        answers = await self.at_once("assign/assign", *(("assign", self.write(rival)) for rival in rivals))
        winners = [rival for rival, answer in zip(rivals, answers, strict=True) if answer.ok]
        assert len(winners) == 1, f"chat {self.chat_id} went to {[winner.name for winner in winners]}"
        self.holder = winners[0]
        sentence = f"{self.holder.name} handles this chat now. Your text was not sent; it is kept here."
        for loser in (answer for answer in answers if not answer.ok):
            assert_told(loser, 409, sentence)
            self.assert_shows_holder(loser)

    async def send_twice(self, author: Visitor | Colleague) -> None:
        """One message sent twice is stored once; both sends are answered with it."""
        uuid = new_uuid()
        first, second = await self.at_once(f"{author.side}'s message twice",
                                           *[("message", self.write(author, uuid)) for _time in range(2)])
        assert first.status == second.status == 200, (first, second)
        assert (first.text, first.headers["baton-seq"]) == (second.text, second.headers["baton-seq"])

    async def end_and_resolve(self) -> None:
        """Who closes second reads that the chat was closed, and how."""
        presses = (END, self.press("closure")), (RESOLVE, self.resolve())
        end, resolve = await self.at_once("end/resolve", *presses)
        assert end.ok != resolve.ok, (end, resolve)
        self.closing = END if end.ok else RESOLVE
        self.assert_told_of_closing(self.visitor, end)
        self.assert_told_of_closing(self.holder, resolve)

    async def end_in_two_tabs(self) -> None:
        """One closing; the other tab reads of it."""
        self.closing = END
        answers = await self.at_once("end/end", *[(END, self.press("closure")) for _tab in range(2)])
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        for answer in answers:
            self.assert_told_of_closing(self.visitor, answer)

    async def resolve_in_two_windows(self) -> None:
        """One closing; the other window reads of it."""
        self.closing = RESOLVE
        answers = await self.at_once("resolve/resolve", *[(RESOLVE, self.resolve()) for _window in range(2)])
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        for answer in answers:
            self.assert_told_of_closing(self.holder, answer)

    async def resolve_beside_colleagues(self) -> None:
        """Others never win; they read whose chat it is, or that it is over."""
        self.closing = RESOLVE
        colleagues = random.sample([member for member in self.team if member is not self.holder], 3)
        resolve, *refused = await self.at_once(
            "resolve/resolve by others", (RESOLVE, self.resolve()),
            *(("another's resolve", member.resolve(self.chat_id)) for member in colleagues))
        assert resolve.status == 200, resolve
        for answer in refused:
            self.assert_told_not_theirs(answer)

    async def write_and_close(self, side: str, closing: str) -> None:
        """A message comes before the closing, or is refused whole."""
        author = self.visitor if side == "customer" else self.holder
        self.closing = closing
        requests = [self.write(author), self.press("closure") if closing == END else self.resolve()]
        late = random.randrange(2)
        requests[late] = self.a_little_later(requests[late])
        message, closed = await self.at_once(
            f"{side}'s message/{closing}", *zip(("message", closing), requests, strict=True))
        assert closed.status == 200, closed
        self.assert_told_of_closing(author, message)

    async def rate_twice(self) -> None:
        """The first feedback is kept; the other tab is thanked for it and shows no form any more."""
        answers = await self.at_once("feedback/feedback", *(
            ("feedback", self.press("feedback", rating=stars)) for stars in (1, 5)))
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        winner, loser = sorted(answers, key=lambda answer: answer.status)
        self.rating = 1 if winner is answers[0] else 5
        assert_told(loser, 409, "This chat has its feedback already. Thank you.")
        self.assert_shows(loser, "#closing", "Start a new chat")
        assert "Send feedback" not in loser.text

    async def act_on_stale_pages(self) -> None:
        """Pages that still show an open chat: whatever they try is refused, and they are shown its end."""
        customers = [("message", self.write(self.visitor)), ("handoff", self.press("handoff")),
                     (END, self.press("closure"))]
        late = self.holder or self.team[0]
        members = [("message", self.write(late)), (RESOLVE, late.resolve(self.chat_id))]
        answers = await self.at_once("stale pages", *customers, *members)
        for answer in answers:
            assert not answer.ok, answer
        for answer in answers[:len(customers)]:
            self.assert_told_of_closing(self.visitor, answer)
        if self.holder:
            for answer in answers[len(customers):]:
                self.assert_told_of_closing(self.holder, answer)

    async def at_once(self, pair: str, *acts: tuple[str, Request]) -> list[Answer]:
        """Send named requests at the same moment, in any order; their answers in the given order."""
        began = time.monotonic()
        tasks: dict[int, asyncio.Task] = {}
        for number in random.sample(range(len(acts)), len(acts)):
            tasks[number] = asyncio.create_task(acts[number][1])
        answers = [await tasks[number] for number in range(len(acts))]
        came_through = [name for (name, _request), answer in zip(acts, answers, strict=True) if answer.ok]
        self.tally.add(pair, came_through, len(acts))
        self.took = time.monotonic() - began
        return answers

    async def a_little_later(self, request: Request) -> Answer:
        """Send a request while another is under way: of two that leave together, the cheaper one always comes first."""
        await asyncio.sleep(random.uniform(0, self.took))
        return await request

    # Requests

    def press(self, action: str, **form) -> Request:
        """The customer presses a button."""
        return self.visitor.press(self.chat_id, action, **form)

    def resolve(self) -> Request:
        """The assignee presses Resolve."""
        return self.holder.resolve(self.chat_id)

    async def write(self, author: Visitor | Colleague, uuid: str | None = None) -> Answer:
        """A message unlike any other; whether it was acknowledged is noted."""
        uuid = uuid or new_uuid()
        answer = await author.write(self.chat_id, f"Text {uuid}", uuid)
        self.note(author, f"Text {uuid}", uuid, answer)
        return answer

    def note(self, author: Visitor | Colleague, text: str, uuid: str, answer: Answer) -> None:
        """Remember what became of a message."""
        line = f"{author.side}: {text}"
        if answer.ok:
            assert answer.text.count(f'id="message_{uuid}"') == 1, answer.text
            self.acknowledged.add((int(answer.headers.get("baton-seq", 0)), line))
        else:
            self.refused.add(line)

    # What the losers are told

    def assert_told_of_closing(self, who: Visitor | Colleague, answer: Answer) -> None:
        """An answer that is no success says how the chat was closed, and shows that."""
        if answer.ok:
            return
        name = self.holder and self.holder.name
        sentence = {END: "This chat has ended.", RESOLVE: f"{name} has resolved this chat."}[self.closing]
        assert_told(answer, 409, sentence)
        if who is self.visitor:
            self.assert_shows(answer, "#header", "This chat is over")
            self.assert_shows(answer, "#closing", "Start a new chat")
        else:
            self.assert_shows_closed(answer)

    def assert_told_not_theirs(self, answer: Answer) -> None:
        """A member who is not the assignee came before the closing or after it."""
        if answer.status == 409:
            self.assert_told_of_closing(self.holder, answer)
            return
        assert_told(answer, 403, f"Only {self.holder.name}, who handles this chat, can resolve it.")
        # The chat is shown as it is by the time of the answer.
        is_over = 'data-state="closed"' in answer.text
        (self.assert_shows_closed if is_over else self.assert_shows_holder)(answer)

    def assert_shows_closed(self, answer: Answer) -> None:
        """To the assignee and everybody else."""
        line = {END: "ended this chat.", RESOLVE: f"{self.holder.name} resolved this chat."}[self.closing]
        for pages in (own(self.holder.id), others(self.holder.id)):
            self.assert_shows(answer, f"{pages}#composer_state", line)
        assert "Resolve Chat" not in answer.text

    def assert_shows_holder(self, answer: Answer) -> None:
        """To the assignee and everybody else."""
        line = f"{self.holder.name} is handling this chat."
        self.assert_shows(answer, f"{own(self.holder.id)}#actions", "Resolve Chat")
        self.assert_shows(answer, f"{others(self.holder.id)}#composer_state", line)

    def assert_shows(self, answer: Answer, part: str, words: str) -> None:
        """A part of the chat's page, named by the beginning of its selector, is answered with these words."""
        assert_pushed(pushes_in({"content": answer.text}), f"{part}_chat_{self.chat_id}", words)

    # What the database holds

    def check(self) -> None:
        """One assignee, handoff, closing and feedback, as answered; each acknowledged message once."""
        chat = chat_now(self.chat_id)
        log = assert_sound(chat, [])
        assert chat.state == {END: "ended", RESOLVE: "resolved"}[self.closing]
        assert chat.assignee_id == (self.holder and self.holder.id)
        assert log.count("chat_handed_off") == self.is_live
        assert rows(Feedback, Feedback.chat_id == chat.id, Feedback.rating == self.rating) == 1
        for seq, line in self.acknowledged:
            assert log.count(line) == 1 and (not seq or log[seq - 1] == line), (line, log)
        assert not self.refused & set(log)


def assert_told(answer: Answer, status: int, sentence: str) -> None:
    """A refusal: its status, and one plain sentence."""
    assert (answer.status, said_in(answer)) == (status, sentence), answer.text
