"""The look of a bot in a browser: shown while it is chosen, and painted on every open widget when it is saved."""

import pytest
from playwright.sync_api import expect

from models import Bot
from tests.models.chats import change
from tests.people import MemberClient
from tests.web.test_settings_bots import GOOD as BOT
from tests.web.test_settings_look import GOOD as LOOK

PURPLE = "rgb(122, 31, 162)"
# ms; a page that is told by nobody asks every 3 s.
AT_ONCE = 2_000


def test_a_look_is_tried_beside_the_form_and_painted_on_open_widgets(desk, customer_page, member_page):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/look").page
    preview = anna.frame_locator("iframe")
    expect(preview.locator("header")).to_contain_text("Harbor bot")

    anna.get_by_role("textbox", name="Colour", exact=True).fill("#ff6600")
    anna.get_by_role("textbox", name="Text on it", exact=True).fill("#ffffff")
    said = anna.locator("#contrast")
    expect(said).to_contain_text("This text cannot be read on the colour: 2.9 to 1")
    anna.get_by_role("textbox", name="Colour", exact=True).fill("#7a1fa2")
    expect(said).to_contain_text("Text on it reads well")
    anna.get_by_role("textbox", name="Title", exact=True).fill("Harbor help")
    expect(preview.locator("header")).to_contain_text("Harbor help")
    expect(preview.locator("header")).to_have_css("background-color", PURPLE)
    expect(customer.frame.locator("header")).to_contain_text("Harbor bot")

    anna.get_by_role("radio", name="Always dark").check()
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    header = customer.frame.locator("header")
    expect(header).to_contain_text("Harbor help")
    expect(header).to_have_css("background-color", PURPLE)
    expect(customer.frame.locator("body")).to_have_css("background-color", "rgb(29, 28, 26)")


@pytest.fixture
def save(server, desk):
    """Changes the bot as its settings do, which tell every page that is open."""
    anna = MemberClient(server, desk.anna.email)

    def post(page: str, **form: str) -> None:
        anna.http.post(f"/settings/bots/{desk.bot.key}{page}", data=form).raise_for_status()

    return post


def test_who_has_not_written_sees_a_change_at_once_and_leaves_no_trace(save, customer_page):
    customer = customer_page().open()
    expect(customer.frame.locator("header")).to_contain_text("Harbor bot")
    save("/look", **LOOK)
    expect(customer.frame.locator("header")).to_contain_text("Harbor help", timeout=AT_ONCE)
    launcher = customer.launcher("Close chat")
    expect(launcher).to_have_css("background-color", PURPLE, timeout=AT_ONCE)
    assert launcher.bounding_box()["x"] < 100, "and goes over to the left"
    save("/pause")
    expect(customer.frame.get_by_text("This chat is switched off at the moment.")).to_be_visible(timeout=AT_ONCE)
    assert customer.page.context.storage_state() == {"cookies": [], "origins": []}


def test_what_a_bot_says_and_asks_first_changes_under_who_looks_and_who_starts_over(
        save, desk, customer_page, member_page):
    looks, wrote, types = (customer_page().open() for _nth in range(3))
    wrote.ask("Where is my order?", "It left our shop yesterday.")
    types.box.fill("Half writ")
    save("", **{**BOT, "welcome": "Good evening!"})
    for customer in (looks, types):
        expect(customer.said_by("bot")).to_have_text(["Good evening!"])
    expect(types.box).to_have_value("Half writ")
    expect(types.box).to_be_focused()

    asked = {"label": "Order number", "kind": "number", "required": True, "choices": []}
    change(Bot, Bot.id == desk.bot.id, introduction=[asked])
    save("/look", **LOOK)
    number = looks.frame.get_by_role("textbox", name="Order number")
    expect(number).to_be_visible()
    number.fill("4711")
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}").page
    anna.get_by_role("textbox", name="Welcome").fill("Good night!")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("status")).to_have_text("Saved.")
    wrote.button("End chat").click()
    wrote.button("Skip").click()
    wrote.button("Start a new chat").click()
    expect(wrote.said_by("bot")).to_have_text(["Good night!"])
    expect(number).to_have_value("4711")


def test_the_preview_cannot_start_a_chat(desk, member_page):
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/look").page
    box = anna.frame_locator("iframe").locator("#message_box")
    box.evaluate("box => box.focus()")
    assert box.evaluate("box => document.activeElement !== box")
