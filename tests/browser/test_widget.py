"""The widget around the process: what it stores and keeps, what becomes of a message, every way to reach it."""

import re
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models import Author, Chat, Message, reading, transaction
from tests.browser.conftest import HAS_FOCUS, CustomerPage, ask_of, box_of, happens
from tests.people import MemberClient
from tests.running import eventually

pytestmark = pytest.mark.browser

DAY = 24 * 3600 * 1000
STORED = """async () => {
    const attempt = (look) => { try { return Object.keys(look()) } catch { return [] } };
    return [document.cookie, ...attempt(() => localStorage), ...attempt(() => sessionStorage),
            ...(await indexedDB.databases().catch(() => [])).map(({ name }) => name)].filter(Boolean);
}"""


def stored(where) -> list[str]:
    """The names of everything that a page or a frame has stored in its browser."""
    return where.evaluate(STORED)


def said_by_customers(bot) -> list[str]:
    """What the customers of `bot` have said, as the database has it."""
    with reading() as session:
        mine = select(Message.text).join(Chat).where(Chat.bot_id == bot.id, Message.author == Author.CUSTOMER)
        return list(session.scalars(mine.order_by(Message.id)))


def record_requests(page) -> list[str]:
    """The addresses of everything the page asks for from now on, sockets included."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    return asked


# What it costs and stores


def test_a_visitor_who_only_looks_costs_one_file_and_leaves_no_trace(contexts, host_url, server, desk):
    page = contexts().new_page()
    asked = record_requests(page)
    page.goto(f"{host_url}/{desk.bot.key}", wait_until="networkidle")
    customer = CustomerPage(page)
    expect(customer.launcher("Open chat")).to_be_visible()
    assert [url for url in asked if url.startswith(server.public_url)] == [f"{server.public_url}/widget.js"]

    customer.open()
    customer.box.fill("Only thinking")
    assert stored(page) == stored(page.frames[1]) == page.context.cookies() == []

    customer.ask("Where is my order?", "It left our shop yesterday.")
    token = page.evaluate(f"localStorage.getItem('baton:{desk.bot.key}:token')")
    page.reload()
    expect(customer.open().log.get_by_text("It left our shop yesterday.")).to_be_visible()
    assert re.fullmatch("[A-Za-z0-9_-]{43}", token)
    assert stored(page.frames[1]) == page.context.cookies() == []
    assert any("/socket" in url for url in asked)
    assert not [url for url in asked if token in url]


def test_a_customer_with_a_chat_opens_one_socket_and_a_visitor_another(customer_page, desk):
    customer = customer_page()
    asked = record_requests(customer.page)

    def sockets() -> list[str]:
        return [url for url in asked if "/socket" in url]

    customer.open()
    happens(customer.page, lambda: len(sockets()) == 1, "a socket for what changes without a chat")
    customer.ask("Where is my order?", "It left our shop yesterday.")
    asked.clear()

    customer.page.reload()
    expect(customer.open().log.get_by_text("It left our shop yesterday.")).to_be_visible()
    happens(customer.page, sockets, "a socket")
    customer.ask("Where is my order?", "It left our shop yesterday.")
    assert [re.search(r"/chats/\d+/socket", url) is not None for url in sockets()] == [True]


def test_it_needs_no_cookie_in_its_frame(customer_page):
    customer = customer_page().open()
    frame = customer.page.frames[1]
    frame.evaluate("document.cookie = 'probe=1; SameSite=None; Secure'")
    assert frame.evaluate("document.cookie") == "", "this browser blocks third-party cookies"

    customer.talk_to_human()
    customer.page.reload()

    expect(customer.open().log.get_by_text("You asked for a person")).to_be_visible()


# What survives


def test_the_chat_survives_reload_navigation_and_a_restart_of_the_browser(customer_page, contexts):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.begin("And how lo")
    customer.page.reload()
    expect(customer.open().log.get_by_text("It left our shop yesterday.")).to_be_visible()
    expect(customer.box).to_have_value("And how lo")

    customer.close()
    customer.page.get_by_role("link", name="Next page").click()
    expect(customer.open().log.get_by_text("It left our shop yesterday.")).to_be_visible()

    reopened = contexts(storage_state=customer.page.context.storage_state()).new_page()
    reopened.goto(customer.page.url)
    again = CustomerPage(reopened).open()
    expect(again.log.get_by_text("It left our shop yesterday.")).to_be_visible()
    expect(again.log.get_by_text("Where is my order?", exact=True)).to_have_count(1)
    expect(again.box).to_have_value("And how lo")


def test_two_tabs_show_the_same_chat(customer_page):
    first = customer_page().open()
    second = first.tab().open()
    first.ask("Where is my order?", "It left our shop yesterday.")
    expect(second.log.get_by_text("It left our shop yesterday.")).to_be_visible()

    second.ask("Do you ship abroad?", "Yes, all over Europe.")

    expect(first.log.get_by_text("Yes, all over Europe.")).to_be_visible()
    for tab in (first, second):
        expect(tab.said_by("customer")).to_have_text(["Where is my order?", "Do you ship abroad?"])


def test_a_customer_is_forgotten_after_30_days(customer_page, desk):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")

    def come_back_after(days: float) -> None:
        used = f"Date.now() - {int(days * DAY)}"
        customer.page.evaluate(f"localStorage.setItem('baton:{desk.bot.key}:used', {used})")
        customer.page.reload()
        customer.open()

    come_back_after(29.9)
    expect(customer.log.get_by_text("It left our shop yesterday.")).to_be_visible()
    come_back_after(30.1)
    expect(customer.log.get_by_text("Ahoy!")).to_be_visible()
    expect(customer.log.get_by_text("Where is my order?")).to_have_count(0)
    assert stored(customer.page) == []


# What it says while closed


def test_the_launcher_tells_of_unread_messages(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    customer.close()
    maya.open_first("Unassigned Chats")
    badge, preview = customer.page.locator(".badge"), customer.page.get_by_role("status")
    maya.write("Hello, Maya here")
    expect(badge).to_have_text("1")
    maya.write("Your parcel is in Kiel")

    expect(badge).to_have_text("2")
    expect(badge).to_be_visible()
    expect(preview.get_by_text("Your parcel is in Kiel")).to_be_visible()
    expect(customer.launcher("Open chat")).to_have_accessible_description("Unread messages: 2")
    customer.page.reload()
    expect(badge).to_have_text("2")
    expect(maya.status("Your parcel is in Kiel")).to_have_text("Sent")

    preview.get_by_text("Your parcel is in Kiel").click()
    expect(customer.log.get_by_text("Your parcel is in Kiel")).to_be_visible()
    expect(badge).to_be_hidden()
    expect(preview.get_by_text("Your parcel is in Kiel")).to_be_hidden()
    expect(maya.status("Your parcel is in Kiel")).to_have_text("Seen")


# What becomes of a message


def test_a_message_is_sending_then_sent_then_seen(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    held = []
    customer.page.route("**/messages", lambda route: held.append(route), times=1)
    customer.write("Is it lost?")
    expect(customer.status("Is it lost?")).to_have_text("Sending…")
    happens(customer.page, lambda: held, "it is held up on its way")
    held[0].continue_()
    expect(customer.status("Is it lost?")).to_have_text("Sent")

    maya.open_first("Unassigned Chats")

    expect(customer.status("Is it lost?")).to_have_text("Seen")
    maya.write("Not at all")
    expect(maya.status("Not at all")).to_have_text("Seen")


def test_what_could_not_be_sent_says_so_and_is_sent_by_retry(customer_page, desk):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    tries = []

    def break_off(route):
        tries.append(time.monotonic())
        route.abort()

    customer.page.route("**/messages", break_off)
    customer.write("Hello?")
    expect(customer.status("Hello?")).to_have_text("Not sent: Retry")
    happens(customer.page, lambda: len(tries) == 3, "it tries three times")

    customer.page.unroute("**/messages")
    expect(customer.status("Hello?")).to_have_text("Not sent: Retry")
    customer.button("Retry").click()

    # By itself it would try again only after 4 s, give or take a fifth.
    expect(customer.status("Hello?")).to_have_text(re.compile("Sent|Seen"), timeout=2_000)
    assert said_by_customers(desk.bot) == ["Where is my order?", "Hello?"]


def test_what_is_written_offline_survives_a_reload_and_is_sent_once_and_in_order(customer_page, desk):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.page.context.set_offline(True)
    for text in ("One", "Two", "Three"):
        customer.write(text)
    customer.box.fill("Four, half writ")
    expect(customer.frame.get_by_text("No connection.")).to_be_visible()
    expect(customer.status("Three")).to_have_text("Not sent: Retry")

    customer.page.context.route("**/messages", lambda route: route.abort())
    customer.page.context.set_offline(False)
    customer.page.reload()
    customer.open()
    expect(customer.said_by("customer")).to_have_text(["Where is my order?", "One", "Two", "Three"])
    expect(customer.box).to_have_value("Four, half writ")
    customer.page.context.unroute("**/messages")

    # The welcome, and one answer to each.
    expect(customer.entries_of("bot")).to_have_count(5, timeout=15_000)
    for text in ("One", "Two", "Three"):
        expect(customer.status(text)).to_have_text(re.compile("Sent|Seen"))
    assert said_by_customers(desk.bot) == ["Where is my order?", "One", "Two", "Three"]
    expect(customer.said_by("customer")).to_have_text(["Where is my order?", "One", "Two", "Three"])


def test_what_is_written_while_the_first_message_is_under_way_is_kept(customer_page, desk):
    customer = customer_page().open()
    held = []
    customer.page.route("**/chats", lambda route: held.append(route))
    customer.write("Where is my order?")
    customer.write("I mean the jacket")
    customer.box.press_sequentially("And how")
    expect(customer.status("I mean the jacket")).to_have_text("Sending…")

    happens(customer.page, lambda: held, "the first one is held up on its way")
    held[0].continue_()

    expect(customer.log.get_by_text("Pardon?")).to_be_visible()
    expect(customer.box).to_have_value("And how")
    expect(customer.box).to_be_focused()
    assert said_by_customers(desk.bot) == ["Where is my order?", "I mean the jacket"]
    expect(customer.said_by("customer")).to_have_text(["Where is my order?", "I mean the jacket"])


def test_who_asks_for_a_person_while_cut_off_is_waiting_once_the_line_is_back(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.ask("How long does delivery take?", "Two days.")
    refused = []
    customer.page.route("**/handoff", lambda route: refused.append(route) or route.abort())
    customer.button("Talk to a human").click()
    expect(customer.frame.get_by_text("No connection.")).to_be_visible()
    happens(customer.page, lambda: len(refused) > 1, "it is tried again")

    customer.page.unroute("**/handoff")

    expect(customer.log.get_by_text("You asked for a person")).to_have_count(1)
    expect(customer.frame.get_by_text("No connection.")).to_be_hidden()
    expect(maya.rows("Unassigned Chats")).to_have_count(1)


@pytest.mark.parametrize("choice", ["Skip", "Send feedback"])
def test_who_ends_the_chat_while_cut_off_is_told_and_can_try_again(customer_page, desk, choice):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.button("End chat").click()
    customer.dialog.get_by_role("radio", name="4 stars").check()
    customer.page.route("**/closure", lambda route: route.abort())
    customer.dialog.get_by_role("button", name=choice).click()
    expect(customer.dialog.get_by_text("That did not get through. Please try again.")).to_be_visible()
    customer.page.unroute("**/closure")

    customer.dialog.get_by_role("button", name=choice).click()

    expect(customer.button("Start a new chat")).to_be_visible()
    expect(customer.dialog).to_be_hidden()


def test_text_is_shown_as_it_was_written(customer_page, desk):
    customer = customer_page(timezone_id="Asia/Tokyo").open()
    customer.button("Opening hours").click()
    expect(customer.entry("Opening hours").and_(customer.frame.locator(".entry--mine"))).to_be_visible()
    customer.box.fill("See https://example.com/a?b=1&c=2.")
    customer.box.press("Shift+Enter")
    customer.box.press_sequentially("It is <b>bold</b>")
    customer.box.press("Enter")
    customer.write("Quickly")
    customer.write("one after another")
    expect(customer.entries_of("bot")).to_have_count(5)

    message = customer.entry("It is <b>bold</b>")
    shown = ask_of(message.locator(".entry__body"), "element => element.innerText")
    assert shown == "See https://example.com/a?b=1&c=2.\nIt is <b>bold</b>"
    link = message.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    with customer.page.context.expect_page() as opened:
        link.click()
    opened.value.close()
    expect(customer.said_by("customer")).to_have_text([
        "Opening hours", "See https://example.com/a?b=1&c=2. It is <b>bold</b>", "Quickly", "one after another"])

    written = datetime.fromisoformat(message.locator("time").get_attribute("datetime"))
    there = written.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%I:%M %p")
    assert message.locator("time").inner_text() == there != datetime.now(UTC).strftime("%I:%M %p")


def test_typing_shows_on_both_sides_and_goes_away(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    maya.write("Hello, Maya here")
    expect(customer.log.get_by_text("Hello, Maya here")).to_be_visible()

    maya.box.press_sequentially("I")
    expect(customer.frame.get_by_text("Maya is typing")).to_be_visible()
    maya.box.fill("")
    expect(customer.frame.get_by_text("Maya is typing")).to_have_count(0)

    typing = maya.page.locator(".typing")
    customer.box.press_sequentially("Well")
    expect(typing).to_contain_text("is typing…")
    customer.box.press("Enter")
    expect(maya.log.get_by_text("Well")).to_be_visible()
    expect(typing).to_have_text("")
    # Who closes the lid stops typing without a word.
    customer.box.press_sequentially("And")
    expect(typing).to_contain_text("is typing…")
    expect(typing).to_have_text("", timeout=8_000)


def test_earlier_messages_are_a_button_away(customer_page, desk):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    with transaction() as session:
        chat = session.scalars(select(Chat).where(Chat.bot_id == desk.bot.id)).one()
        first, chat.seq = chat.seq + 1, chat.seq + 150
        session.add_all(Message(chat_id=chat.id, seq=seq, author=Author.BOT, text=f"Line {seq}.")
                        for seq in range(first, chat.seq + 1))
    customer.page.reload()
    customer.open()
    expect(customer.log.get_by_text("Line 153.", exact=True)).to_be_in_viewport()
    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(0)

    customer.button("Show earlier messages").click()

    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(1)
    expect(customer.button("Show earlier messages")).to_have_count(0)
    eventually(lambda: customer.numbers() == list(range(1, 154)), what="all are shown in order")


COUNT_HEADERS = """() => {
    window.headers = 0;
    const isHeader = (node) => node.localName === "header";
    const count = ({ addedNodes }) => (window.headers += [...addedNodes].filter(isHeader).length);
    new MutationObserver((changes) => changes.forEach(count)).observe(document, { childList: true, subtree: true });
}"""


def test_who_reads_above_is_told_of_what_is_new(customer_page, server, desk):
    customer = customer_page().open()
    customer.talk_to_human()
    maya = MemberClient(server, desk.maya.email)
    chat = int(customer.page.evaluate(f"localStorage.getItem('baton:{desk.bot.key}:chat')"))
    for number in range(20):
        maya.write(desk.bot.key, chat, f"Line {number}")
    expect(customer.entry("Line 19")).to_be_in_viewport()
    new = customer.button("New messages")
    expect(new).to_be_hidden()
    customer.log.evaluate("log => log.scrollTop = 0")
    expect(customer.entry("Line 19")).not_to_be_in_viewport()
    expect(new).to_be_hidden()

    maya.write(desk.bot.key, chat, "One more thing")
    new.click()

    expect(customer.entry("One more thing")).to_be_in_viewport()
    expect(new).to_be_hidden()
    expect(customer.log).to_be_focused()


def test_what_is_answered_and_pushed_takes_no_button_from_under_a_finger(customer_page, desk):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.ask("How long does delivery take?", "Two days.")
    frame = customer.page.frames[1]
    frame.evaluate(COUNT_HEADERS)
    customer.button("Talk to a human").click()
    expect(customer.frame.get_by_text("Waiting for a person")).to_be_visible()
    # Both the answer and the push have come by the time that the next message has made its way.
    customer.write("Anybody there?")
    expect(customer.status("Anybody there?")).to_have_text("Sent")
    assert frame.evaluate("headers") == 1


# How it is reached


def test_on_a_phone_it_fills_the_screen(customer_page):
    customer = customer_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    customer.launcher("Open chat").tap()
    expect(customer.box).to_be_visible()
    page = customer.page
    # In the box it would raise the keyboard over the greeting.
    expect(customer.frame.get_by_role("main")).to_be_focused()
    eventually(lambda: page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740})
    composer = box_of(customer.button("Send"))
    assert composer["y"] + composer["height"] <= 740
    customer.ask("Where is my order?", "It left our shop yesterday.")
    page.mouse.move(180, 300)
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 0

    customer.launcher("Close chat").tap()

    expect(customer.box).to_be_hidden()
    # A turn of the wheel may come before the page is drawn without the chat.
    eventually(lambda: page.mouse.wheel(0, 400) or page.evaluate("scrollY") > 0)


def test_a_new_chat_on_a_phone_begins_with_what_there_is_to_read_and_no_keyboard(customer_page):
    customer = customer_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.button("End chat").click()
    customer.dialog.get_by_role("button", name="Skip").click()
    customer.button("Start a new chat").click()
    expect(customer.box).to_be_visible()
    expect(customer.frame.get_by_role("main")).to_be_focused()


def test_the_keyboard_alone_is_enough(customer_page):
    customer = customer_page()
    keyboard = customer.page.keyboard

    def tab_to(target, key="Tab") -> None:
        for _step in range(12):
            keyboard.press(key)
            if ask_of(target, HAS_FOCUS):
                return
        raise AssertionError(f"{target} is out of reach")

    tab_to(customer.launcher("Open chat"))
    keyboard.press("Enter")
    expect(customer.box).to_be_focused()
    for text, answer in (("Where is my order?", "It left our shop"), ("Do you ship abroad?", "Yes, all over Europe")):
        keyboard.type(text)
        keyboard.press("Enter")
        expect(customer.log.get_by_text(answer)).to_be_visible()
    expect(customer.button("Talk to a human")).to_be_visible()
    tab_to(customer.button("Talk to a human"), "Shift+Tab")
    keyboard.press("Enter")
    expect(customer.log.get_by_text("You asked for a person")).to_be_visible()
    expect(customer.box).to_be_focused()

    tab_to(customer.button("End chat"), "Shift+Tab")
    keyboard.press("Enter")
    expect(customer.dialog.locator(":focus")).to_have_count(1)
    keyboard.press("Escape")
    expect(customer.dialog).to_be_hidden()
    expect(customer.button("End chat")).to_be_focused()
    keyboard.press("Escape")
    expect(customer.box).to_be_hidden()
    expect(customer.launcher("Open chat")).to_be_focused()

    keyboard.press("Enter")
    expect(customer.box).to_be_focused()
    tab_to(customer.button("End chat"), "Shift+Tab")
    keyboard.press("Enter")
    tab_to(customer.dialog.get_by_role("button", name="Skip"))
    keyboard.press("Enter")
    expect(customer.button("Start a new chat")).to_be_focused()


def test_the_tag_twice_is_one_launcher(customer_page):
    customer = customer_page("/twice")
    expect(customer.launcher("Open chat")).to_have_count(1)
    assert customer.page.locator("script[data-bot]").count() == 2
    assert customer.open().page.locator("iframe").count() == 1


def test_a_tag_with_an_unknown_bot_does_no_harm(contexts, host_url):
    page = contexts().new_page()
    page.goto(f"{host_url}/nosuchbot")
    customer = CustomerPage(page)
    customer.launcher("Open chat").click()
    expect(customer.frame.get_by_role("heading", name="There is nothing here.")).to_be_visible()
    customer.launcher("Close chat").click()
    page.get_by_role("link", name="Next page").click()
    expect(page).to_have_url(re.compile("/next$"))
    assert stored(page) == []
