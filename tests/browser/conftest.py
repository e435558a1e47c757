"""Browsers: a customer on a host's page of another site, and members on their dashboards, all at once."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect, sync_playwright

from models import Bot, transaction
from tests.people import Customer, MemberClient
from tests.running import eventually

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# The last one: on a busy machine Chromium now and then hands a click on a frame of another process to the page around
# it, and nobody has pressed the button. Within one process it looks up the place by itself; who may read what stays.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-site-isolation-trials"]
# As in most browsers: a frame from another site has no cookie and no storage.
STRICT = ["--test-third-party-cookie-phaseout"]

HAS_FOCUS = "element => element.getRootNode().activeElement === element"

# Far more than anybody would wait: a machine may be busy with other things, and what is there is seen at once.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Not for the whole session: while Playwright runs, no other test can have an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET + STRICT)
        yield browser
        browser.close()


@pytest.fixture
def contexts(browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers of different people; complaints of their pages fail the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_context(script: str | None = None, **options) -> BrowserContext:
        """A browser; `script` runs in every page and frame before the page's own do."""
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        if script:
            context.add_init_script(script)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: note(message, complaints))
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert not complaints


def note(message, complaints: list[str]) -> None:
    """A page that breaks its own policy or throws is a fault, whatever else works."""
    if message.type == "error" and "Content Security Policy" in message.text:
        complaints.append(message.text)


class HostPage(BaseHTTPRequestHandler):
    """Somebody's website, under a policy that allows nothing but Baton's script and frame.

    `/<bot key>` and everything below it has that bot's widget; `/<bot key>/twice` has the tag twice.
    """

    def do_GET(self):
        baton, key = self.server.baton, self.path.strip("/").split("/")[0]
        tag = f'<script src="{baton}/widget.js" data-bot="{key}" async></script>'
        body = f"""<!doctype html><html lang=en><title>Shop {self.path}</title>
            <meta name=viewport content="width=device-width">
            <h1>Shop</h1><a href="/{key}/next">Next page</a>{"<p>An oilskin jacket</p>" * 40}
            {tag * (2 if self.path.endswith("/twice") else 1)}""".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {baton}; frame-src {baton}; "
                                                    "require-trusted-types-for 'script'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def website_with(baton: str) -> Iterator[str]:
    """The address of a website of its own with the chat of the server at `baton`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HostPage) as website:
        website.baton = baton
        threading.Thread(target=website.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{website.server_port}"
        website.shutdown()


@pytest.fixture(scope="module")
def host_url(server) -> Iterator[str]:
    """The address of the website; `<host_url>/<bot key>` has that bot's widget."""
    with website_with(server.public_url) as address:
        yield address


def box_of(element: Locator) -> dict[str, float]:
    """Where an element is drawn. For a moment it is nowhere when a push replaces it."""
    return eventually(element.bounding_box, what=f"{element} is drawn")


def ask_of(element: Locator, script: str) -> object:
    """What the function `script` answers of an element; one that a push has just taken from the page is not asked."""
    return eventually(lambda: element.evaluate(f"element => element.isConnected && [({script})(element)]"),
                      what=f"{element} is on the page")[0]


def happens(page: Page, condition: Callable[[], object], what: str) -> None:
    """Wait for something that this process is told by the browser, which it only hears while it waits for a page."""
    eventually(lambda: page.wait_for_timeout(20) or condition(), what=what)


class ChatPage:
    """What both sides of a chat have: a log and a box. `place` is where buttons and boxes are looked for."""

    def __init__(self, page: Page, place: Page | FrameLocator):
        self.page = page
        self.place = place

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def button(self, name: str) -> Locator:
        return self.place.get_by_role("button", name=name, exact=True)

    def entry(self, text: str) -> Locator:
        """The entries of the log that hold `text`."""
        return self.log.locator("[data-author]").filter(has_text=text)

    def status(self, text: str) -> Locator:
        """How far the message with `text` got."""
        return self.entry(text).locator("[data-status]")

    def entries_of(self, author: str) -> Locator:
        """The messages of `author` that the server has numbered."""
        return self.log.locator(f"[data-author={author}][data-seq]")

    def numbers(self) -> list[int]:
        """The numbers of the log's entries, in the order in which they stand."""
        return self.log.locator("[data-seq]").evaluate_all("entries => entries.map(entry => Number(entry.dataset.seq))")

    def said_by(self, author: str) -> Locator:
        """What `author` said."""
        return self.log.locator(f"[data-author={author}] .entry__body")

    @property
    def box(self) -> Locator:
        return self.place.get_by_role("textbox", name="Message", exact=True)

    @property
    def log(self) -> Locator:
        return self.place.get_by_role("log", name="Conversation")

    @property
    def notice(self) -> Locator:
        return self.place.get_by_role("alert")


class CustomerPage(ChatPage):
    """A customer in a browser, by the names a person would use."""

    def __init__(self, page: Page):
        super().__init__(page, page.frame_locator("iframe"))
        self.frame: FrameLocator = self.place

    def open(self) -> "CustomerPage":
        """Open the chat; it takes messages once its scripts run, which nobody types faster than."""
        self.launcher("Open chat").click()
        expect(self.box).to_be_visible()
        expect(self.frame.locator("html")).to_have_attribute("data-ready", "")
        return self

    def close(self) -> None:
        self.launcher("Close chat").click()
        expect(self.box).to_be_hidden()

    def launcher(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def tab(self, path: str = "") -> "CustomerPage":
        """The same browser, in one more tab."""
        page = self.page.context.new_page()
        page.goto(self.page.url + path)
        return CustomerPage(page)

    def ask(self, text: str, answer: str) -> None:
        """Write, and wait for the answer."""
        answers = self.log.get_by_text(answer).count()
        self.write(text)
        expect(self.log.get_by_text(answer)).to_have_count(answers + 1)

    def begin(self, text: str) -> None:
        """Write something that is not sent; the website's page, which keeps it, hears of it from another process."""
        self.box.fill(text)
        self.page.wait_for_function("(text) => Object.values(localStorage).includes(text)", arg=text)

    def talk_to_human(self) -> None:
        """Two answered messages, then the button."""
        self.ask("Where is my order?", "It left our shop yesterday.")
        self.ask("How long does delivery take?", "Two days.")
        self.button("Talk to a human").click()
        expect(self.log.get_by_text("You asked for a person")).to_be_visible()

    def talk_to_human_at_once(self, said: str) -> None:
        """Where the bot is `eager`: one message, then the button."""
        self.write(said)
        expect(self.entry(said)).to_have_attribute("data-seq", re.compile(r"\d"))
        self.button("Talk to a human").click()
        expect(self.log.get_by_text("You asked for a person")).to_be_visible()

    @property
    def dialog(self) -> Locator:
        return self.frame.get_by_role("dialog", name="How was this chat?")


class MemberPage(ChatPage):
    """A member in a browser, by the names a person would use."""

    def __init__(self, page: Page):
        super().__init__(page, page)

    def list(self, region: str) -> Locator:
        return self.page.get_by_role("region", name=region, exact=True)

    def rows(self, region: str) -> Locator:
        return self.list(region).get_by_role("link")

    def open_first(self, region: str) -> None:
        self.rows(region).first.click()
        expect(self.log).to_be_visible()

    def open_chat(self, text: str) -> None:
        """Open the chat whose row holds `text`, and wait until it is the one that is shown."""
        row = self.page.get_by_role("navigation", name="Inbox").get_by_role("link").filter(has_text=text)
        row.click()
        expect(row).to_have_attribute("aria-current", "page")

    def window(self) -> "MemberPage":
        """The same member, in one more window."""
        page = self.page.context.new_page()
        page.goto(self.page.url)
        return MemberPage(page)

    def resolve(self) -> None:
        self.button("Resolve Chat").click()
        self.dialog.get_by_role("button", name="Resolve", exact=True).click()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog", name="Resolve this chat?")


@pytest.fixture
def waiting_customer(server) -> Callable[..., Customer]:
    """Brings a customer without a browser, who asks for a person of an `eager` bot and then says something."""

    def come(bot: Bot, said: str, **visit: str) -> Customer:
        customer = Customer(server, bot.key)
        for step in (lambda: customer.start("Hello", **visit), customer.hand_off, lambda: customer.write(said)):
            step().raise_for_status()
        return customer

    return come


def eager(desk):
    """The desk, whose bots offer a person from the first message on."""
    with transaction() as session:
        for bot in (desk.bot, desk.other_bot):
            session.get(Bot, bot.id).handoff_after = 0
    return desk


@pytest.fixture
def customer_page(contexts, host_url, desk):
    """Opens the website in a new customer's browser."""

    def open_page(path: str = "", **options) -> CustomerPage:
        page = contexts(**options).new_page()
        page.goto(f"{host_url}/{desk.bot.key}{path}")
        return CustomerPage(page)

    return open_page


@pytest.fixture
def member_page(contexts, server, desk):
    """Opens the desk's dashboard (or another page) in a browser of its own, in which the member is signed in."""

    def open_page(member, path: str = "/", **options) -> MemberPage:
        context = contexts(**options)
        cookies = MemberClient(server, member.email).http.cookies.items()
        context.add_cookies([{"name": name, "value": value, "url": server.public_url} for name, value in cookies])
        page = context.new_page()
        page.goto(f"{server.public_url}{path}")
        return MemberPage(page)

    return open_page
