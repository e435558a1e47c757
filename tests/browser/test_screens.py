"""What is easily wrong with a screen, and nobody sees who writes short English sentences on a large one."""

import pytest
from playwright.sync_api import Locator, expect

from models import Bot, transaction
from tests.browser.conftest import ask_of, box_of, eager
from tests.people import MemberClient

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
LONG_NAME = "Maximiliane-Theodora Wolfeschlegelsteinhausenbergerdorff von Hohenlohe-Langenburg"
HEBREW = "שלום, איפה ההזמנה שלי? 12345 EUR"
# Where the first and the last character of a text are drawn: pixels from the left.
ENDS = """element => [0, element.firstChild.length - 1].map((at) => {
    const range = new Range();
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + 1);
    return range.getBoundingClientRect().left;
})"""


def reads_from_the_right(text: Locator) -> bool:
    """Whether a text begins at the right and ends at the left."""
    first, last = ask_of(text, ENDS)
    return first > last


def is_cut_off(element: Locator) -> bool:
    """Whether a part of it is outside of the box that shows it, to the side."""
    return ask_of(element, "element => element.scrollWidth > element.clientWidth")


def test_hebrew_reads_from_the_right_on_both_sides(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    customer.write(HEBREW)
    maya.open_first("Unassigned Chats")
    for side in (customer, maya):
        expect(side.entry("EUR")).to_be_visible()
        assert reads_from_the_right(side.entry("EUR").locator(".entry__body"))
        assert not reads_from_the_right(side.entry("Where is my order?").locator(".entry__body"))


@pytest.mark.parametrize("width", [1280, 360])
def test_long_names_and_words_break_no_screen(server, desk, member_page, waiting_customer, width):
    bot = eager(desk).bot
    waiting_customer(bot, "x" * 300, name=LONG_NAME, email=f"{'a' * 60}@example.com",
                     attributes='{"an-attribute-with-a-long-name-in-one-word": "%s"}' % ("v" * 150))
    maya = member_page(desk.maya, viewport={"width": width, "height": 740})
    assert not is_cut_off(maya.list("Unassigned Chats").get_by_role("list"))
    maya.open_first("Unassigned Chats")

    assert box_of(maya.box)["height"] < 56, "what the empty box says is one line"
    assert not is_cut_off(maya.page.locator("html"))
    assert not is_cut_off(maya.page.locator(".transcript__scroller"))
    if width == PHONE["width"]:
        maya.page.get_by_role("button", name="Customer details").click()
    details = maya.page.get_by_role("region", name="Customer details")
    expect(details).to_be_visible()
    assert not is_cut_off(details)


def test_a_long_name_of_the_bot_leaves_room_for_the_chat(customer_page, desk):
    with transaction() as session:
        session.get(Bot, eager(desk).bot.id).name = LONG_NAME
    customer = customer_page(viewport=PHONE).open()
    customer.write("Hello")
    expect(customer.button("Talk to a human")).to_be_visible()
    assert box_of(customer.frame.locator(".header"))["height"] < 90


@pytest.mark.parametrize("width", [1280, 360])
def test_a_long_word_for_a_person_leaves_room_for_title_and_cross(customer_page, desk, width):
    eager(desk)
    page = customer_page(viewport={"width": width, "height": 740}, locale="de-DE").page
    page.get_by_role("button", name="Chat öffnen").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("button", name="Mit einem Menschen sprechen")).to_be_visible()
    header, title = box_of(frame.locator(".header")), box_of(frame.locator("h1"))
    cross = box_of(frame.locator(".header .icon"))
    assert title["width"] > 50
    assert header["height"] == 72
    assert header["x"] + header["width"] - cross["x"] - cross["width"] == 19


def test_a_chat_that_was_closed_behind_a_closed_launcher_opens_at_its_end(customer_page, server, desk):
    customer = customer_page(viewport=PHONE, is_mobile=True, has_touch=True).open()
    customer.talk_to_human()
    maya = MemberClient(server, desk.maya.email)
    chat = int(customer.page.evaluate(f"localStorage.getItem('baton:{desk.bot.key}:chat')"))
    for number in range(12):
        maya.write(desk.bot.key, chat, f"Line {number}")
    expect(customer.log.get_by_text("Line 11")).to_be_in_viewport()
    customer.close()
    maya.write(desk.bot.key, chat, "Are you still there?")
    expect(customer.page.get_by_role("status").get_by_text("Are you still there?")).to_be_visible()
    maya.resolve(desk.bot.key, chat)
    expect(customer.log.get_by_text("Maya has resolved this chat")).to_have_count(1)

    customer.launcher("Open chat").click()

    expect(customer.log.get_by_text("Maya has resolved this chat")).to_be_in_viewport()


def test_after_resolving_the_end_of_the_transcript_stays_in_sight(member_page, desk, waiting_customer):
    customer = waiting_customer(eager(desk).bot, "Hello")
    for number in range(20):
        customer.write(f"Line {number}")
    maya = member_page(desk.maya)
    maya.open_first("Unassigned Chats")
    maya.write("Solved")
    maya.resolve()
    expect(maya.log).to_be_focused()
    assert maya.page.locator(".transcript__scroller").evaluate("element => element.scrollTop") == 0


def test_whoever_takes_over_reads_what_the_bot_could_not_answer(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.ask("Can you fold it into a paper boat?", "Pardon?")
    customer.button("Talk to a human").click()
    maya.open_first("Unassigned Chats")

    gist = maya.list("Handed over by the bot")
    expect(gist.get_by_text("Asked first:")).to_have_text("Asked first: Where is my order?")
    expect(gist.get_by_text("Could not answer:")).to_have_text("Could not answer: Can you fold it into a paper boat?")
    expect(gist).to_contain_text("under a minute with the bot")


def test_a_chat_that_could_not_be_opened_is_told_on_a_phone_too(member_page, desk, waiting_customer):
    waiting_customer(eager(desk).bot, "Hello")
    maya = member_page(desk.maya, viewport=PHONE)
    expect(maya.rows("Unassigned Chats")).to_have_count(1)
    maya.page.route("**/chats/*", lambda route: route.abort())
    maya.rows("Unassigned Chats").first.click()
    said = maya.page.get_by_text("The chat could not be opened: there is no connection.")
    expect(said).to_be_in_viewport()
    assert said.evaluate("""element => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return document.elementFromPoint(x + width / 2, y + height / 2) === element;
    }"""), "nothing covers it"
