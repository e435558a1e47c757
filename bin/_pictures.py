"""The pictures in docs/pictures: a demo on a free port, a plausible afternoon in it, and Chromium's camera.

Run by bin/pictures. Nothing it makes stays behind but the pictures.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from sqlalchemy import select

import config
from demo import PASSWORD
from models import (
    Chat,
    Customer,
    Event,
    Message,
    Side,
    close_database,
    now,
    open_database,
    reading,
    transaction,
)
from models.seen import mark_seen
from tests.browser.conftest import CHROMIUM, QUIET, CustomerPage, MemberPage
from tests.people import Customer as Visitor
from tests.people import MemberClient
from tests.running import Server, eventually

FOLDER = config.ROOT / "docs" / "pictures"
PICTURES = ("dashboard-light", "dashboard-dark", "widget", "phone", "look", "knowledge")

# What the environment says is meant for another Baton.
OWN = {"HOST": "", "DATABASE_URL": "", "REDIS_URL": "", "WEB_CONCURRENCY": "1", "PUBLIC_URL": ""}

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Chromium without a window says so in its name; customer details show what people really use.
MAC = ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/19.0 Safari/605.1.15")

LENA = {"name": "Lena Fischer", "email": "lena@fischer.example",
        "attributes": json.dumps({"Plan": "Friends of Harbor", "Orders": "14"})}
LENA_ASKS = ("Where is my order? It should have come on Friday", "Can I collect my order in the shop?")
MAYA_SAYS = "Hi Lena, Maya here. Your parcel is still on our quay, so I can keep it in the shop. Shall I?"
LENA_SAYS = "Yes please! I could come by after five."


class Arrival(NamedTuple):
    """Somebody else: what they ask the bot, then people, `seconds` ago; who has answered, with what.

    The last `unread` of their messages are new to the team.
    """

    name: str
    question: str
    request: str
    seconds: int
    unread: int
    member: str = ""
    reply: str = ""


OTHERS = (
    Arrival("Amir Patel", "Can I change my delivery address?", "I need to change it, the parcel left today",
            252, 3),
    Arrival("", "Are your jackets waterproof?", "Is the Offshore in stock in size 42?", 100, 1),
    Arrival("June Tanaka", "Do you give crew or trade prices?", "We are a crew of nine, is that enough?",
            22, 3),
    Arrival("", "Do you sell gift cards?", "It says that the code has expired", 420, 1,
            "maya@example.com", "Hello, Maya here. What does it say?"),
    Arrival("Rosa Blanco", "How do I return something?", "The label will not print", 340, 0,
            "noor@example.com", "I have sent it to you by e-mail."),
    Arrival("", "Can you repair my jacket?", "Thanks, I will try that", 610, 0,
            "sam@example.com", "A drop of soap on the zip often helps."),
)


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with demo() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        lena, maya = Lena(browser, server), MemberClient(server, "maya@example.com", PASSWORD)
        say("Lena asks the bot, then for a person; Maya answers")
        chat = lena.talk(maya)
        say("six other customers come")
        for other in OTHERS:
            arrive(server, other)
        age_lena(chat)
        photograph_dashboard(browser, server, chat)
        photograph_widget(lena)
        photograph_phone(browser, server)
        photograph_settings(browser, server)
        browser.close()


def say(what: str) -> None:
    """One line on what goes on."""
    print(f"Baton: {what}", flush=True)


@contextmanager
def demo() -> Iterator[Server]:
    """A demo with data of its own, which goes away; its database is open in this process."""
    with tempfile.TemporaryDirectory(prefix="baton-pictures-") as folder:
        server = Server(Path(folder), **OWN)
        prepared = server.baton("prepare", "--demo")
        if prepared.returncode:
            raise SystemExit(prepared.stderr)
        server.start()
        say(f"a demo runs on {server.url}")
        open_database(config.load(server.environ).database_url)
        try:
            yield server
        finally:
            close_database()
            server.stop()


# The scene


class Lena:
    """The customer in the pictures, in a browser on the demo's shop."""

    def __init__(self, browser: Browser, server: Server):
        self.context = new_context(browser, user_agent=MAC, locale="en-GB", timezone_id="Europe/Berlin")
        self.shop = f"{server.url}/demo"
        self.context.route(self.shop, introduce)
        self.page = CustomerPage(self.context.new_page())

    def visit(self) -> CustomerPage:
        """Open the shop, and the chat on it."""
        self.page.page.goto(self.shop, referer="https://letter.example/")
        return self.page.open()

    def talk(self, maya: MemberClient) -> Chat:
        """One chat last spring; today's with the bot, the handoff, and Maya's answer. Returns today's."""
        page = self.visit()
        ask(page, "I received the wrong item")
        page.button("End chat").click()
        page.dialog.get_by_role("radio", name="5 stars").check()
        page.dialog.get_by_role("button", name="Send feedback").click()
        page.button("Start a new chat").click()
        for question in LENA_ASKS:
            ask(page, question)
        page.button("Talk to a human").click()
        expect(page.log.get_by_text("You asked for a person")).to_be_visible()
        chat = newest_chat()
        maya.write("demo", chat.id, MAYA_SAYS)
        expect(page.log.get_by_text(MAYA_SAYS)).to_be_visible()
        page.write(LENA_SAYS)
        expect(page.log.get_by_text("Sent").last).to_be_visible()
        return chat


def ask(page: CustomerPage, question: str) -> None:
    """Write to the bot, and wait for its answer."""
    answers = page.log.locator("[data-author=bot]")
    before = answers.count()
    page.write(question)
    expect(answers).to_have_count(before + 1)


def introduce(route: Route) -> None:
    """The shop's page, with a tag that says who its customer is."""
    answer = route.fetch()
    said = "".join(f" data-{name}='{value}'" for name, value in LENA.items())
    route.fulfill(response=answer, body=answer.text().replace(' data-bot="demo"', f' data-bot="demo"{said}'))


def arrive(server: Server, other: Arrival) -> None:
    """Another customer asks the bot, then people, and perhaps one of them answers."""
    visitor = Visitor(server, "demo")
    visitor.start(other.question, name=other.name)
    eventually(lambda: newest_chat().answered, what="the bot answers")
    visitor.write("Could I talk to a person?")
    eventually(lambda: newest_chat().offers_human, what="a person is offered")
    visitor.hand_off()
    if other.member:
        MemberClient(server, other.member, PASSWORD).write("demo", visitor.chat_id, other.reply)
    visitor.write(other.request)
    chat = newest_chat()
    if other.unread < 2:
        mark_seen(chat, Side.MEMBERS, chat.seq - other.unread)
    age(chat, other.seconds)


def newest_chat() -> Chat:
    """The chat that was begun last."""
    with reading() as session:
        return session.scalars(select(Chat).order_by(Chat.id.desc()).limit(1)).one()


def age(chat: Chat, seconds: int, apart: int = 0) -> None:
    """Move a chat into the past, and its entries `apart` seconds from each other."""
    with transaction() as session:
        chat = session.get(Chat, chat.id)
        chat.handed_off_at = chat.handed_off_at and now() - timedelta(seconds=seconds)
        chat.last_message_at = now() - timedelta(seconds=seconds // 2)
        chat.created_at = now() - timedelta(seconds=max(chat.seq * apart, seconds + 60))
        for kind in (Message, Event):
            for entry in session.scalars(select(kind).where(kind.chat_id == chat.id)):
                entry.created_at -= timedelta(seconds=(chat.seq - entry.seq) * apart)


def age_lena(today: Chat) -> None:
    """Lena has been known since spring, and today's chat took some minutes."""
    age(today, 190, apart=38)
    with transaction() as session:
        session.get(Customer, today.customer_id).created_at -= timedelta(days=255)
        earlier = select(Chat).where(Chat.customer_id == today.customer_id, Chat.id < today.id)
        for past in session.scalars(earlier):
            past.created_at -= timedelta(days=255)


# The camera


def new_context(browser: Browser, **options) -> BrowserContext:
    """A browser of somebody, with a fine screen."""
    return browser.new_context(**{"viewport": DESKTOP, "device_scale_factor": 2, "color_scheme": "light",
                                  "timezone_id": "Europe/Berlin", **options})


def photograph_dashboard(browser: Browser, server: Server, chat: Chat) -> None:
    """Maya's dashboard with Lena's chat open, by day and by night."""
    page = page_of_maya(browser, server, f"/bots/demo/chats/{chat.id}")
    maya = MemberPage(page)
    expect(maya.log.get_by_text(LENA_SAYS)).to_be_visible()
    expect(maya.log.get_by_text("Seen").last).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        take(page, f"dashboard-{scheme}")


def photograph_widget(lena: Lena) -> None:
    """Lena's chat on the shop's page."""
    page = lena.visit()
    expect(page.log.get_by_text(LENA_SAYS)).to_be_visible()
    expect(page.log.get_by_text("Seen").last).to_be_visible()
    take(page.page, "widget")


def photograph_phone(browser: Browser, server: Server) -> None:
    """Somebody new, on a phone, with the bot."""
    context = new_context(browser, viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True,
                          locale="en-GB")
    page = context.new_page()
    page.goto(f"{server.url}/demo")
    customer = CustomerPage(page).open()
    for question in ("Are your jackets waterproof?", "Which size should I take?"):
        ask(customer, question)
    expect(customer.button("Talk to a human")).to_be_visible()
    take(page, "phone")


def photograph_settings(browser: Browser, server: Server) -> None:
    """Maya tries another colour, and asks the bot what it knows."""
    page = page_of_maya(browser, server, "/settings/bots/demo/look")
    page.get_by_role("textbox", name="Colour", exact=True).fill("#6d28d9")
    expect(page.frame_locator("iframe").locator(".header")).to_have_css("background-color", "rgb(109, 40, 217)")
    take(page, "look")
    page.goto(f"{server.url}/settings/bots/demo/knowledge")
    page.get_by_role("textbox", name="Ask as a customer would").fill("are your jakets waterprof")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_role("status").filter(has_text="The bot answers:")).to_be_visible()
    take(page, "knowledge")


def page_of_maya(browser: Browser, server: Server, path: str) -> Page:
    """A page of the dashboard or the settings, in a browser in which Maya has signed in."""
    page = new_context(browser, locale="en-GB").new_page()
    page.goto(f"{server.url}/sign-in?next={path}")
    page.get_by_role("textbox", name="E-mail").fill("maya@example.com")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def take(page: Page, name: str) -> None:
    """A picture of what the page shows, once it is still."""
    # Away from what it pressed last. A new entry is still being scrolled to.
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    say(f"took {path.relative_to(config.ROOT)}")


if __name__ == "__main__":
    main()
