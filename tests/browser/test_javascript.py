"""What scripts of a website can do: every example of docs/javascript.md, run there, under its strict policy."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

import config
from models.identity import make_secret
from models.sealing import seal_with
from tests.browser.conftest import CustomerPage
from tests.running import ROOT, eventually

pytestmark = pytest.mark.browser

DOCUMENT = (ROOT / "docs/javascript.md").read_text(encoding="utf-8")
SNIPPET, *OTHERS = re.findall(r"^```js\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
EXAMPLES = {part.split("\n", 1)[0]: re.search(r"^```js\n(.*?)^```", part, re.MULTILINE | re.DOTALL)[1]
            for part in DOCUMENT.split("\n### ")[1:]}
PYTHON = re.search(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
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


@pytest.fixture
def sign(server, desk) -> Callable[[str], str]:
    """The host's server: signs who is signed in there, with the very example of the document."""
    seal_with(config.load(server.environ).secret_key)
    secret = make_secret(desk.bot, desk.anna)

    def sign_in(user_id: str) -> str:
        names = {"bot_key": desk.bot.key, "user_id": user_id, "secret": secret}
        exec(PYTHON, names)
        return f"?signed={quote(names['token'])}"

    return sign_in


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
    assert len(heard(page, "ready")) == 1


def test_start_and_what_happens(example_page, member_page, desk):
    customer = example_page()
    page, maya = customer.page, member_page(desk.maya)
    said = []
    page.on("console", lambda message: said.append(message.text))
    eventually(lambda: heard(page, "ready"))
    run(page, "on")
    run(page, "start")
    expect(customer.said_by("customer")).to_have_text(["I have a question about order 1042"])
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


def test_locale(example_page):
    page = example_page().open().page
    run(page, "locale")
    expect(page.frame_locator("iframe").get_by_role("textbox", name="Nachricht")).to_be_visible()


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
    expect(maya.page.locator("body")).to_have_attribute("data-line", "ok")

    run(page, "attributes")

    expect(details).to_contain_text("3 items")
    expect(details).to_contain_text("gold")


SIGNED = "identify with a signed token"


def test_a_known_customer_finds_the_chat_in_another_browser_until_they_log_out(example_page, member_page, desk, sign):
    first = example_page(sign("17"))
    eventually(lambda: heard(first.page, "ready"))
    first.open().ask("Where is my order?", "It left our shop yesterday.")
    run(first.page, SIGNED)
    eventually(lambda: first.page.evaluate(f"localStorage['baton:{desk.bot.key}:identified']"))
    tab = first.tab()
    eventually(lambda: heard(tab.page, "ready"))
    run(tab.page, SIGNED)
    tab.open()

    second = example_page(sign("17"))
    eventually(lambda: heard(second.page, "ready"))
    run(second.page, SIGNED)
    second.open()
    expect(second.log.get_by_text("Where is my order?", exact=True)).to_be_visible()
    second.ask("How long does delivery take?", "Two days.")
    for customer in (first, tab):
        expect(customer.log.get_by_text("Two days.")).to_be_visible()
    second.button("Talk to a human").click()
    maya = member_page(desk.maya)
    maya.open_first("Unassigned Chats")
    details = maya.page.get_by_role("region", name="Customer details")
    expect(details.get_by_role("heading", name="Lena Brandt")).to_be_visible()
    expect(details.locator(".details__proof")).to_have_text("Verified")

    tab.box.fill("Half writ")
    run(first.page, "logout")
    for customer in (first, tab):
        expect(customer.log.get_by_text("Ahoy!")).to_be_visible()
        expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(0)
        expect(customer.box).to_have_value("")
    eventually(lambda: first.page.evaluate("Object.keys(localStorage)") == [], what="nothing is kept of them")
    assert {type(event.get("count")) for event in heard(first.page, "unread")} == {int}
    first.ask("Do you ship abroad?", "Yes, all over Europe.")
    expect(second.log.get_by_text("Do you ship abroad?", exact=True)).to_have_count(0)
    expect(second.log.get_by_text("Where is my order?", exact=True)).to_be_visible()
    kept = first.page.evaluate("Object.keys(localStorage)")
    assert not any(name.endswith(":identified") for name in kept), "nor does the other tab say again who it was"


def test_who_is_identified_right_after_a_logout_gets_nothing_of_the_visitor_before(example_page, sign):
    customer = example_page(sign("18"))
    page = customer.page
    eventually(lambda: heard(page, "ready"))
    customer.open().ask("Where is my order?", "It left our shop yesterday.")
    page.evaluate("Baton('logout'); Baton('identify', new URLSearchParams(location.search).get('signed'))")
    eventually(lambda: page.evaluate("Object.keys(localStorage).some((name) => name.endsWith(':identified'))"))
    page.reload()
    customer.open()
    expect(customer.log.get_by_text("Ahoy!")).to_be_visible()
    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(0)


def test_the_page_of_who_is_identified_goes_on_hearing(example_page, sign):
    customer = example_page(sign("17"))
    eventually(lambda: heard(customer.page, "ready"))
    customer.open().ask("Where is my order?", "It left our shop yesterday.")
    with customer.page.expect_websocket() as socket:
        run(customer.page, SIGNED)
    with socket.value.expect_event("framereceived", lambda frame: "Two days." in frame):
        customer.ask("How long does delivery take?", "Two days.")


def test_another_customer_in_the_same_browser_sees_nothing_of_the_first(example_page, sign):
    customer = example_page(sign("17"))
    page = customer.page
    eventually(lambda: heard(page, "ready"))
    run(page, SIGNED)
    customer.open().ask("Where is my order?", "It left our shop yesterday.")
    customer.begin("My number is")
    page.goto(page.url.partition("?")[0] + sign("18"))
    eventually(lambda: heard(page, "ready"))
    customer.open()
    expect(customer.box).to_have_value("My number is")
    run(page, SIGNED)
    expect(customer.box).to_have_value("")
    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(0)
    expect(customer.log.get_by_text("Ahoy!")).to_be_visible()


@pytest.mark.parametrize("token", ["garbage", ""])
def test_a_refused_token_is_told_to_the_page_and_the_chat_goes_on(example_page, sign, token):
    customer = example_page(f"?signed={token}")
    page = customer.page
    said = []
    page.on("console", lambda message: said.append(message.text))
    eventually(lambda: heard(page, "ready"))
    run(page, SIGNED)
    customer.open()
    eventually(lambda: heard(page, "error") == [{"name": "error", "message": "This is no token."}])
    assert "Baton: This is no token." in said
    assert page.evaluate("Object.keys(localStorage)") == []
    customer.ask("Where is my order?", "It left our shop yesterday.")
