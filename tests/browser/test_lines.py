"""Bad lines: servers that stop and die, sockets that are blocked, frames that get lost, come twice or come late."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from sqlalchemy import select

from models import Author, Chat, Message, Visit, reading
from models.inbox import digests
from tests.browser.conftest import ChatPage, eager, happens
from tests.people import new_uuid
from tests.running import Server, eventually

pytestmark = pytest.mark.browser

# Pages try again after 5 s at most, give or take, and this machine has its own moods.
COMING_BACK = 20_000
# They ask every 3 s.
POLLING = 5_000


@pytest.fixture(scope="module")
def server(stack, tmp_path_factory) -> Iterator[Server]:
    """A Baton that these tests may stop and kill."""
    running = Server(**stack.environ(tmp_path_factory.mktemp("baton")))
    assert running.baton("prepare").returncode == 0
    running.start()
    yield running
    running.stop()


@pytest.fixture
def desk(desk):
    """Here a chat is handed over after one message."""
    return eager(desk)


@pytest.fixture
def two(customer_page, member_page, desk) -> tuple:
    """A customer, and Maya who handles their chat."""
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human_at_once("Hello?")
    maya.open_first("Unassigned Chats")
    maya.write("Maya here")
    expect(maya.rows("My Chats")).to_have_count(1)
    expect(customer.log.get_by_text("Maya here")).to_be_visible()
    return customer, maya


def chat_of(desk) -> Chat:
    """The one chat of the desk's bot."""
    with reading() as session:
        return session.scalars(select(Chat).where(Chat.bot_id == desk.bot.id)).one()


def said_by_customer(desk) -> list[str]:
    """What the database has of the customer."""
    with reading() as session:
        theirs = select(Message.text).where(Message.chat_id == chat_of(desk).id, Message.author == Author.CUSTOMER)
        return list(session.scalars(theirs.order_by(Message.seq)))


def expect_all_of_it(desk, *pages: ChatPage) -> None:
    """Every entry once, in order, on each page."""
    whole = list(range(1, chat_of(desk).seq + 1))
    for page in pages:
        eventually(lambda page=page: page.numbers() == whole, 10, f"{whole} is shown")


# Servers


@contextmanager
def coming_back(server: Server) -> Iterator[None]:
    """A while that begins with the server and may well go on without; afterwards it is there, on the same port."""
    try:
        yield
    finally:
        server.kill()
        server.start()


def test_after_a_restart_pages_come_back_by_themselves(two, server, desk):
    customer, maya = two
    lost = customer.frame.get_by_text("No connection."), maya.page.get_by_text("Connection lost.")
    for banner in lost:
        expect(banner).to_be_hidden()

    with coming_back(server):
        server.stop()
        for banner in lost:
            expect(banner).to_be_visible()
        chat_of(desk).post_as_member(desk.maya, "Written meanwhile", new_uuid())
        customer.write("Are you gone?")
        maya.box.fill("Half a sent")
        expect(customer.status("Are you gone?")).to_have_text("Not sent: Retry")

    for page, banner in zip(two, lost, strict=True):
        expect(page.log.get_by_text("Written meanwhile")).to_have_count(1, timeout=COMING_BACK)
        expect(page.log.get_by_text("Are you gone?")).to_have_count(1, timeout=COMING_BACK)
        expect(banner).to_be_hidden(timeout=COMING_BACK)
    expect(maya.rows("My Chats").get_by_text("Are you gone?")).to_be_visible(timeout=COMING_BACK)
    expect(maya.box).to_have_value("Half a sent")
    expect_all_of_it(desk, customer, maya)


def test_after_a_restart_pages_show_what_has_changed_beside_the_messages(two, server, desk):
    customer, maya = two
    with coming_back(server):
        server.stop()
        desk.bot.change(desk.anna, name="Quay bot", title="Quayside")
        chat_of(desk).visit(Visit(page_url="https://shop.example.com/checkout", page_title="Checkout"))

    details = maya.page.get_by_role("region", name="Customer details")
    expect(details.get_by_text("Checkout")).to_be_visible(timeout=COMING_BACK)
    expect(maya.page.locator(f"#name_bot_{desk.bot.id}")).to_have_text("Quay bot", timeout=COMING_BACK)
    expect(customer.frame.get_by_text("Quayside")).to_be_visible(timeout=COMING_BACK)


def test_messages_under_way_when_the_server_dies_arrive_once_and_in_order(two, server, desk):
    customer, maya = two
    killed = []

    def take_the_answer(route) -> None:
        """The worst moment: the message is stored, and nobody is told."""
        if "Two" in route.request.post_data and not killed:
            killed.append(route.fetch().status)
            server.kill()
            route.abort()
        else:
            route.continue_()

    customer.page.route("**/messages", take_the_answer)
    written = ["One", "Two", "Three", "Four", "Five"]
    with coming_back(server):
        for text in written:
            customer.write(text)
        expect(customer.status("Five")).to_have_text("Not sent: Retry")
        assert killed == [200]
        assert said_by_customer(desk) == ["Hello?", "One", "Two"]

    for text in written:
        expect(maya.log.get_by_text(text, exact=True)).to_have_count(1, timeout=COMING_BACK)
        expect(customer.status(text)).to_have_text(re.compile("Sent|Seen"), timeout=COMING_BACK)
    assert said_by_customer(desk) == ["Hello?", *written]
    for page in two:
        expect(page.said_by("customer")).to_have_text(["Hello?", *written])
    expect_all_of_it(desk, customer, maya)


# Sockets

REFUSED = "WebSocket = class extends WebSocket { constructor(url) { super(url.replace(/socket$/, 'nowhere')) } }"
FORBIDDEN = "WebSocket = class { constructor() { throw new DOMException('blocked', 'SecurityError') } }"
UNANSWERED = "WebSocket = class extends EventTarget { static OPEN = 1; readyState = 0; close() {} }"


def test_where_sockets_are_blocked_the_process_works_by_polling(customer_page, member_page, desk):
    customer = customer_page(script=UNANSWERED).open()
    maya, noor = member_page(desk.maya, script=REFUSED), member_page(desk.noor, script=FORBIDDEN)
    customer.talk_to_human_at_once("Hello?")
    for member in (maya, noor):
        expect(member.rows("Unassigned Chats")).to_have_count(1, timeout=POLLING)

    maya.open_first("Unassigned Chats")
    maya.write("Maya here")
    expect(customer.log.get_by_text("Maya here")).to_be_visible(timeout=POLLING)
    expect(maya.rows("My Chats")).to_have_count(1, timeout=POLLING)
    expect(noor.rows("Assigned Chats")).to_have_count(1, timeout=POLLING)
    noor.open_first("Assigned Chats")
    customer.write("Thank you")
    for member in (maya, noor):
        expect(member.log.get_by_text("Thank you")).to_be_visible(timeout=POLLING)
    expect(customer.status("Thank you")).to_have_text("Seen", timeout=2 * POLLING)
    maya.resolve()

    expect(customer.log.get_by_text("Maya has resolved this chat")).to_be_visible(timeout=POLLING)
    for region, member in (("My Chats", maya), ("Assigned Chats", noor)):
        expect(member.rows(region)).to_have_count(0, timeout=POLLING)
        expect(member.page.get_by_text("Connection lost.")).to_be_hidden()
    expect(customer.frame.get_by_text("No connection.")).to_be_hidden()


HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_hidden_tab_is_told_all_the_same(two, waiting_customer, desk):
    customer, maya = two
    expect(customer.status("Hello?")).to_have_text("Seen")
    maya.page.evaluate(HIDE, True)
    customer.write("Nobody reads this yet")
    expect(maya.rows("My Chats").get_by_text("1 unread")).to_be_visible()
    waiting_customer(desk.bot, "I am Bob")
    expect(maya.page).to_have_title(re.compile(r"^\(2\) "))
    expect(customer.status("Nobody reads this yet")).to_have_text("Sent")
    expect(maya.page.locator("body")).to_have_attribute("data-line", "ok")

    maya.page.evaluate(HIDE, False)

    expect(maya.page).to_have_title(re.compile(r"^\(1\) "))
    expect(customer.status("Nobody reads this yet")).to_have_text("Seen")


# Frames


class Wire:
    """Stands between the sockets of one browser and the server, and does to frames what a test says.

    `rule(frame)` answers the frames to pass on in the place of one that came from the server.
    """

    def __init__(self, context: BrowserContext, path: str, rule: Callable[[str], list[str]] = lambda frame: [frame]):
        self.rule = rule
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[str] = []
        context.route_web_socket(re.compile(path), self._connect)

    def send(self, frame: str) -> None:
        """As if the server had sent it."""
        self.sockets[-1].send(frame)

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        server = socket.connect_to_server()
        server.on_message(lambda frame: self._heard(socket, frame))

    def _heard(self, socket: WebSocketRoute, frame: str) -> None:
        self.heard.append(frame)
        for one in self.rule(frame):
            socket.send(one)

    def wait_until_connected(self, page: Page) -> None:
        """The first frame says that from now on everything is pushed."""
        happens(page, lambda: self.heard, "the first frame")

    def wait_for(self, page: Page, text: str) -> None:
        """Until a frame with `text` has come from the server, whether or not it was passed on."""
        happens(page, lambda: any(text in frame for frame in self.heard), f"a frame with {text}")


def but_catch_ups(frame: str) -> list[str]:
    """A rule. With Redis, who is the first to listen to a topic is told to ask, at some moment soon after."""
    return [] if "catch_up" in frame else [frame]


def nothing(frame: str) -> list[str]:
    """A rule: the page hears the test alone."""
    return []


def muddle(wire: Wire, write: Callable[[str], None], reader: ChatPage) -> None:
    """Lose a frame, repeat one, and let one come after its successor: `reader` still shows each once."""
    held = []

    def rule(frame: str) -> list[str]:
        if "Lost" in frame:
            return []
        if "Late" in frame:
            held.append(frame)
            return []
        return [frame, frame] if "Twice" in frame else [frame]

    wire.rule = rule
    early, after = ("Lost", "Plain", "Twice", "Late"), "After it"
    for text in early:
        write(text)
    happens(reader.page, lambda: held, "the late frame")
    write(after)
    for text in (*early, after):
        expect(reader.log.get_by_text(text)).to_have_count(1)
    wire.send(held[0])
    write("And then")
    expect(reader.log.get_by_text("And then")).to_have_count(1)
    expect(reader.log.get_by_text("Late")).to_have_count(1)


def test_frames_that_are_lost_repeated_or_late_do_no_harm_to_a_member(two, desk):
    customer, maya = two
    wire = Wire(maya.page.context, r"/chats/\d+/socket")
    maya.page.reload()
    wire.wait_until_connected(maya.page)
    muddle(wire, customer.write, maya)
    expect_all_of_it(desk, maya)


def test_frames_that_are_lost_repeated_or_late_do_no_harm_to_a_customer(two, desk):
    customer, maya = two
    wire = Wire(customer.page.context, r"/chats/\d+/socket")
    customer.page.reload()
    customer.open()
    wire.wait_until_connected(customer.page)
    muddle(wire, maya.write, customer)
    expect_all_of_it(desk, customer)


def test_how_a_chat_stood_before_what_is_shown_is_not_shown(two, desk):
    customer, maya = two
    wire = Wire(customer.page.context, r"/chats/\d+/socket")
    customer.page.reload()
    customer.open()
    wire.wait_until_connected(customer.page)
    chat = chat_of(desk)
    place = f"<hx-partial hx-target='#status_chat_{chat.id}' hx-swap='innerHTML'>%s</hx-partial>"
    wire.send(json.dumps({"content": place % "You are next", "at": chat.seq - 1}))
    wire.send(json.dumps({"content": place % "Maya is here", "at": chat.seq}))
    expect(customer.frame.get_by_text("Maya is here")).to_be_visible()
    wire.send(json.dumps({"content": place % "You are next", "at": chat.seq - 1}))
    maya.write("After all of this")
    expect(customer.log.get_by_text("After all of this")).to_be_visible()
    expect(customer.frame.get_by_text("You are next")).to_have_count(0)


def test_a_row_of_yesterday_is_not_shown_but_what_came_with_it_is(two, desk):
    _customer, maya = two
    inbox = Wire(maya.page.context, rf"/bots/{desk.bot.key}/socket", but_catch_ups)
    maya.page.reload()
    inbox.wait_until_connected(maya.page)
    inbox.rule = nothing
    chat, chats, asked = chat_of(desk), maya.list("My Chats"), []
    maya.page.on("request", lambda request: "/inbox?" in request.url and asked.append(request.url))

    def row(text: str, chat_id: int, version: int) -> dict:
        html = f'<li class="row" id="row_chat_{chat_id}" data-chat="{chat_id}" data-version="{version}">{text}</li>'
        return {"version": version, "content": f"<hx-partial hx-target='#my_chats' hx-swap='place'>{html}</hx-partial>"}

    def send(text: str, version: int, **others: dict) -> None:
        inbox.send(json.dumps({"rows": {str(chat.id): row(text, chat.id, version), **others}}))

    send("As it was", chat.seq - 1)
    send("As it is", chat.seq)
    expect(chats.get_by_text("As it is")).to_be_visible()
    send("As it was", chat.seq - 1)
    send("As it is now", chat.seq)
    expect(chats.get_by_text("As it is now")).to_be_visible()
    send("As it was", chat.seq - 1, **{str(chat.id + 1): row("Another one", chat.id + 1, 1)})
    expect(chats.get_by_text("Another one")).to_be_visible()
    expect(chats.get_by_text("As it is now")).to_be_visible()
    expect(chats.get_by_text("As it was")).to_have_count(0)
    assert not asked


def test_a_page_that_is_told_to_ask_while_it_is_asking_asks_once_more(member_page, waiting_customer, desk):
    maya = member_page(desk.maya)
    inbox = Wire(maya.page.context, rf"/bots/{desk.bot.key}/socket", but_catch_ups)
    maya.page.reload()
    inbox.wait_until_connected(maya.page)
    inbox.rule = nothing
    held = []

    def answer(route):
        """The first answer is of now, and arrives when it is of yesterday."""
        held.append((route, route.fetch())) if not held else route.continue_()

    maya.page.route("**/inbox?*", answer)
    inbox.send(json.dumps({"catch_up": True}))
    happens(maya.page, lambda: held, "it asks")
    waiting_customer(desk.bot, "I am Ada")
    inbox.send(json.dumps({"catch_up": True}))
    inbox.send(json.dumps({"content": "<hx-partial hx-target='#notice' hx-swap='innerHTML'>Told</hx-partial>"}))
    expect(maya.page.locator("#notice")).to_have_text("Told")
    held[0][0].fulfill(response=held[0][1])
    expect(maya.rows("Unassigned Chats").get_by_text("I am Ada")).to_be_visible()


def test_a_page_whose_question_was_not_answered_asks_again(customer_page, desk):
    customer = customer_page().open()
    wire = Wire(customer.page.context, r"/chats/\d+/socket")
    customer.ask("Where is my order?", "It left our shop yesterday.")
    wire.wait_until_connected(customer.page)
    # Neither a push nor a heartbeat tells of what is written now.
    wire.rule = nothing
    asked = []

    def answer(route):
        asked.append(route)
        route.fulfill(status=503) if len(asked) == 1 else route.continue_()

    customer.page.route("**/entries?*", answer)
    chat_of(desk).post_as_customer("From elsewhere", new_uuid())
    customer.page.frames[1].evaluate("dispatchEvent(new Event('online'))")
    expect(customer.log.get_by_text("From elsewhere", exact=True)).to_be_visible()
    assert len(asked) == 2


def test_a_heartbeat_tells_what_was_lost(member_page, waiting_customer, desk):
    maya = member_page(desk.maya)
    inbox = Wire(maya.page.context, rf"/bots/{desk.bot.key}/socket", but_catch_ups)
    log = Wire(maya.page.context, r"/chats/\d+/socket")
    maya.page.reload()
    expect(maya.page.get_by_text("No chats waiting.")).to_be_visible()
    inbox.wait_until_connected(maya.page)
    asked = []
    maya.page.on("request", lambda request: asked.append(request.url))

    def beat(wire: Wire, number: int | str) -> None:
        wire.send(json.dumps({"heartbeat": number}))

    def digest() -> str:
        with reading() as session:
            return digests(session, [desk.bot.id])[desk.bot.id]

    inbox.rule = log.rule = nothing
    beat(inbox, digest())
    customer = waiting_customer(desk.bot, "I am Ada")
    inbox.wait_for(maya.page, "I am Ada")
    expect(maya.rows("Unassigned Chats")).to_have_count(0)
    assert asked == [], "a heartbeat that says nothing new costs nothing"
    beat(inbox, digest())
    expect(maya.rows("Unassigned Chats").get_by_text("I am Ada")).to_be_visible()

    maya.open_first("Unassigned Chats")
    log.wait_until_connected(maya.page)
    customer.write("Somebody?")
    log.wait_for(maya.page, "Somebody?")
    expect(maya.log.get_by_text("Somebody?")).to_have_count(0)
    beat(log, chat_of(desk).seq)
    expect(maya.log.get_by_text("Somebody?")).to_have_count(1)
    customer.end()
    beat(inbox, digest())
    expect(maya.rows("Unassigned Chats")).to_have_count(0)
