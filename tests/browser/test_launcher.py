"""What the loader shows of a bot before a chat: its launcher, and its invitations, by their rule and once."""

import httpx
import pytest
from playwright.sync_api import expect

from models import Bot, Invitation, now, transaction
from tests.browser.conftest import CustomerPage
from tests.browser.test_widget import record_requests, stored
from tests.running import eventually

pytestmark = pytest.mark.browser


def loader_says(server, text: str) -> None:
    """Wait until the loader holds `text`, whichever worker answers: each looks once a second."""
    eventually(lambda: all(text in httpx.get(f"{server.url}/widget.js").text for _try in range(8)))


def test_an_invitation_shows_by_its_rule_and_the_chat_begins_with_it(customer_page, member_page, desk, server):
    anna = member_page(desk.anna).page
    anna.goto(f"{server.public_url}/settings/bots/{desk.bot.key}/invitations")
    anna.get_by_role("textbox", name="Text").fill("Looking for a jacket?")
    anna.get_by_role("textbox", name="Pages").fill("/*/next")
    anna.get_by_label("Seconds on the page").fill("1")
    anna.get_by_role("button", name="Add").click()
    expect(anna.get_by_role("list", name="Invitations")).to_contain_text("Looking for a jacket?")
    Invitation.add(desk.bot, desk.anna, text="Welcome back", returning_only=True)
    loader_says(server, "Welcome back")

    customer = customer_page()
    page = customer.page
    bubble, back = (page.get_by_role("button", name=text) for text in ("Looking for a jacket?", "Welcome back"))
    expect(customer.launcher("Open chat")).to_be_visible()
    asked = record_requests(page)
    page.evaluate("history.pushState(null, '', location.pathname + '/next')")
    expect(bubble).to_be_visible()
    expect(customer.launcher("Open chat")).to_be_visible()
    assert not asked and stored(page) == [], "not opened, nothing fetched, nothing stored"
    page.get_by_role("button", name="Dismiss").click()
    expect(bubble).to_be_hidden()

    page.reload()
    bubble.click()
    expect(customer.said_by("bot")).to_have_text(["Looking for a jacket?"])
    expect(bubble).to_be_hidden()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    expect(customer.said_by("bot").first).to_have_text("Looking for a jacket?")
    customer.button("End chat").click()
    customer.dialog.get_by_role("button", name="Skip").click()
    expect(customer.button("Start a new chat")).to_be_visible()

    page.reload()
    expect(back).to_be_visible()
    page.clock.install()
    page.reload()
    expect(customer.launcher("Open chat")).to_be_visible()
    page.clock.run_for(10_000)
    expect(back).to_be_hidden()
    expect(bubble).to_be_hidden()


def test_the_launcher_looks_as_its_bot_says_unless_the_tag_says_otherwise(customer_page, desk, server):
    dark = customer_page(color_scheme="dark").launcher("Open chat")
    expect(dark).to_be_visible()
    looks = "button => [getComputedStyle(button.getRootNode().host).getPropertyValue('color-scheme'), " \
            "getComputedStyle(button).backgroundColor, button.querySelector('path').getAttribute('d')]"
    plain = dark.evaluate(looks)
    assert plain[0] == "light dark"

    desk.bot.change(desk.anna, accent="#7c3aed", launcher_side="left", launcher_gap=40, launcher_icon="circle-help",
                    open_label="Ask us", theme="light")
    loader_says(server, "Ask us")

    launcher = customer_page(color_scheme="dark").launcher("Ask us")
    expect(launcher).to_be_visible()
    scheme, color, icon = launcher.evaluate(looks)
    assert (scheme, color) == ("light", "rgb(124, 58, 237)") and icon != plain[2]
    box = launcher.bounding_box()
    assert (box["x"], 800 - box["y"] - box["height"]) == (40, 40)


def test_a_bot_that_is_switched_off_has_a_launcher_only_for_chats_that_go_on(customer_page, contexts, desk, server):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    with transaction() as session:
        session.get(Bot, desk.bot.id).switched_off_at = now()
    loader_says(server, f'"{desk.bot.key}":{{"off":true}}')

    visitor = customer_page()
    eventually(lambda: visitor.page.evaluate("window.Baton !== undefined"))
    expect(visitor.launcher("Open chat")).to_have_count(0)
    back = contexts(storage_state=customer.page.context.storage_state()).new_page()
    back.goto(customer.page.url)
    expect(CustomerPage(back).launcher("Open chat")).to_be_visible()
