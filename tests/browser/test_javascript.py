"""What scripts of a website can do: every example of docs/javascript.md, run there, under its strict policy."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CustomerPage
from tests.running import ROOT, eventually

pytestmark = pytest.mark.browser

DOCUMENT = (ROOT / "docs/javascript.md").read_text(encoding="utf-8")
SNIPPET, *OTHERS = re.findall(r"^```js\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
EXAMPLES = {part.split("\n", 1)[0]: re.search(r"^```js\n(.*?)^```", part, re.MULTILINE | re.DOTALL)[1]
            for part in DOCUMENT.split("\n### ")[1:]}
EVENTS = ["ready", "open", "close", "unread", "message", "handoff", "resolved", "ended", "error"]

# Buttons that run the examples, and the events that were heard.
FUNCTIONS = ",".join(f"{json.dumps(name)}: () => {{ {code} }}" for name, code in EXAMPLES.items())
SCRIPT = SNIPPET + f"const names = {json.dumps(EVENTS)}; const examples = {{ {FUNCTIONS} }};" + """
const token = new URLSearchParams(location.search).get("signed");
window.events = [];
for (const name of names) Baton("on", name, (detail) => events.push({ name, ...detail }));
addEventListener("DOMContentLoaded", () => {
    for (const name in examples) {
        const button = document.createElement("button");
        button.textContent = `Example: ${name}`;
        button.onclick = examples[name];
        document.body.append(button);
    }
});
"""


class ExamplesPage(BaseHTTPRequestHandler):
    """Somebody's website with a script of its own, which runs before Baton's: `/<bot key>`."""

    def do_GET(self):
        path, baton = self.path.partition("?")[0], self.server.baton
        is_script = path == "/examples.js"
        tag = f'<script src="{baton}/widget.js" data-bot="{path.strip("/")}" async></script>'
        page = f'<!doctype html><html lang=en><title>Shop</title><script src="/examples.js"></script>{tag}<h1>Shop</h1>'
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.send_header("Content-Security-Policy", f"default-src 'none'; script-src 'self' {baton}; "
                                                    f"frame-src {baton}; require-trusted-types-for 'script'")
        self.end_headers()
        self.wfile.write((SCRIPT if is_script else page).encode())

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def examples_url(server) -> Iterator[str]:
    """The address of the website; `<examples_url>/<bot key>` has that bot's widget."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ExamplesPage) as website:
        website.baton = server.public_url
        threading.Thread(target=website.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{website.server_port}"
        website.shutdown()


@pytest.fixture
def example_page(contexts, examples_url, desk):
    """Opens the website with the buttons in a new customer's browser."""

    def open_page(query: str = "", **options) -> CustomerPage:
        page = contexts(**options).new_page()
        page.goto(f"{examples_url}/{desk.bot.key}{query}")
        return CustomerPage(page)

    return open_page


def run(page: Page, name: str) -> None:
    """Press the button of an example."""
    page.get_by_role("button", name=f"Example: {name}", exact=True).dispatch_event("click")


def heard(page: Page, name: str) -> list[dict]:
    """The events of one name that the website has heard."""
    return [event for event in page.evaluate("events") if event["name"] == name]


def test_the_document_has_an_example_for_every_command_and_tells_every_event():
    commands = re.search(r"const commands = \{(.*?)\n  \};", (ROOT / "static/widget.js").read_text(), re.DOTALL)[1]
    called = set(re.findall(r'Baton\("(\w+)"', "".join(EXAMPLES.values())))
    assert called == set(re.findall(r"^    (\w+)[:(]", commands, re.MULTILINE))
    assert len(OTHERS) == len(EXAMPLES)
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", DOCUMENT, re.MULTILINE))))
    assert told == set(EVENTS)


def test_open_close_toggle_hide_show(example_page):
    customer = example_page()
    page = customer.page
    eventually(lambda: heard(page, "ready"), what="what was called before the tag had loaded is done")
    run(page, "open")
    expect(customer.box).to_be_visible()
    run(page, "close")
    expect(customer.box).to_be_hidden()
    run(page, "toggle")
    expect(customer.box).to_be_visible()
    run(page, "hide")
    customer.close()
    expect(customer.launcher("Open chat")).to_be_hidden()
    run(page, "show")
    expect(customer.launcher("Open chat")).to_be_visible()
    run(page, "off")
    page.evaluate("Baton.open()")
    expect(customer.box).to_be_visible()
    assert [event["name"] for event in page.evaluate("events") if event["name"] in ("open", "close")] == [
        "open", "close", "open", "close", "open"]


def test_start_locale_and_what_happens(example_page, member_page, desk):
    customer = example_page()
    page, maya = customer.page, member_page(desk.maya)
    said = []
    page.on("console", lambda message: said.append(message.text))
    eventually(lambda: heard(page, "ready"))
    run(page, "on")
    run(page, "locale")
    run(page, "start")
    expect(customer.said_by("customer")).to_have_text(["I have a question about order 1042"])
    assert "language=de" in page.frames[1].url
    customer.talk_to_human()
    customer.close()
    maya.open_first("Unassigned Chats")
    maya.write("Hello, Maya here")
    eventually(lambda: heard(page, "unread")[-1]["count"] == 1)
    maya.resolve()
    eventually(lambda: heard(page, "resolved"))

    messages = [(event["author"], event["text"]) for event in heard(page, "message")]
    assert messages[:2] == [("bot", "Ahoy!"), ("customer", "I have a question about order 1042")]
    assert messages.count(("member", "Hello, Maya here")) == 1
    assert len(heard(page, "handoff")) == 1
    assert "member Hello, Maya here" in said
    page.reload()
    customer.launcher("Open chat").click()
    expect(customer.log.get_by_text("Hello, Maya here")).to_be_visible()
    assert not heard(page, "message") and not heard(page, "handoff"), "what was there already is no news"
    run(page, "start")
    expect(customer.said_by("customer")).to_have_text(["I have a question about order 1042"])
    expect(customer.log.get_by_text("Pardon?")).to_be_visible()
    customer.button("End chat").click()
    customer.dialog.get_by_role("button", name="Skip").click()
    eventually(lambda: heard(page, "ended"))


def test_claims_are_shown_as_such_and_attributes_at_once(example_page, member_page, desk):
    customer = example_page()
    page, maya = customer.page, member_page(desk.maya)
    eventually(lambda: heard(page, "ready"))
    run(page, "identify")
    customer.open().talk_to_human()
    maya.open_first("Unassigned Chats")
    details = maya.page.get_by_role("region", name="Customer details")
    expect(details.get_by_role("heading", name="Lena Brandt")).to_be_visible()
    expect(details).to_contain_text("gold")
    expect(details).to_contain_text("Not verified")

    run(page, "attributes")

    expect(details).to_contain_text("3 items")
    expect(details).to_contain_text("gold")
