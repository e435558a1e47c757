"""What a bot says first: by its rule, beside the launcher, once; and the chat begins with it."""

import httpx
import pytest
from playwright.sync_api import expect

from models import Invitation
from tests.browser.test_widget import record_requests, stored
from tests.running import eventually

pytestmark = pytest.mark.browser


def test_an_invitation_shows_by_its_rule_and_the_chat_begins_with_it(customer_page, member_page, desk, server):
    anna = member_page(desk.anna).page
    anna.goto(f"{server.public_url}/settings/bots/{desk.bot.key}/invitations")
    anna.get_by_role("textbox", name="Text").fill("Looking for a jacket?")
    anna.get_by_role("textbox", name="Pages").fill("/*/next")
    anna.get_by_label("Seconds on the page").fill("1")
    anna.get_by_role("button", name="Add").click()
    expect(anna.get_by_role("list", name="Invitations")).to_contain_text("Looking for a jacket?")
    Invitation.add(desk.bot, desk.anna, text="Welcome back", returning_only=True)
    eventually(lambda: "Welcome back" in httpx.get(f"{server.url}/widget.js").text)

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
