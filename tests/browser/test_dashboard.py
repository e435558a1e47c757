"""The dashboard around the process: what its lists tell, what the address says, what is never lost."""

import re
import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from models import Author, BotAccess, Chat, Customer, Message, State, now, reading, transaction
from models.secret import digest, new_token
from tests.browser.conftest import eager
from tests.people import PASSWORD
from tests.running import eventually
from tests.wsclient import WebSocketClient

pytestmark = pytest.mark.browser

# ms; a page that lost its socket asks by itself after 4.8 s at the earliest.
TOLD = 3_000


@pytest.fixture
def desk(desk):
    """Here a chat is handed over after one message."""
    return eager(desk)


def socket_of(server, bot, customer) -> WebSocketClient:
    """The socket of a customer who has no browser."""
    return WebSocketClient(server.port, f"/widget/{bot.key}/chats/{customer.chat_id}/socket",
                           {"Origin": server.url, "Sec-WebSocket-Protocol": f"baton, {customer.token}"})


# The lists


def test_title_favicon_and_counts_show_what_waits(member_page, waiting_customer, desk):
    maya = member_page(desk.maya)
    favicon = maya.page.locator("link[rel=icon]")
    expect(maya.page).to_have_title("Harbor bot · Baton")
    expect(favicon).to_have_attribute("href", re.compile("/favicon.svg"))

    ada = waiting_customer(desk.bot, "Where is my order?", name="Ada")
    waiting_customer(desk.bot, "Anybody there?", name="Bob")

    expect(maya.page).to_have_title("(2) Harbor bot · Baton")
    expect(favicon).to_have_attribute("href", re.compile("/favicon-waiting.svg"))
    expect(maya.list("Unassigned Chats").locator("[data-count]")).to_have_text("2")
    maya.open_chat("Ada")
    maya.write("One moment")
    expect(maya.page).to_have_title("(1) Ada · Harbor bot · Baton")
    expect(maya.list("My Chats").locator("[data-count]")).to_have_text("1")
    expect(maya.list("Unassigned Chats").locator("[data-count]")).to_have_text("1")

    maya.open_chat("Bob")
    ada.write("Still there?")
    expect(maya.page).to_have_title("(2) Bob · Harbor bot · Baton")
    maya.write("I am here")
    expect(maya.page).to_have_title("(1) Bob · Harbor bot · Baton")
    maya.open_chat("Ada")
    expect(maya.page).to_have_title("Ada · Harbor bot · Baton")
    expect(favicon).to_have_attribute("href", re.compile("/favicon.svg"))


def test_a_row_tells_who_waits_how_long_and_what_is_new(member_page, waiting_customer, server, desk):
    maya, noor = member_page(desk.maya), member_page(desk.noor)
    customer = waiting_customer(desk.bot, "Hello?")
    row = maya.rows("Unassigned Chats")
    expect(row).to_contain_text(re.compile("Visitor [0-9A-F]{4}"))
    expect(row.locator("time")).to_have_text("3s")
    expect(row.locator("time")).to_have_text("5s")

    customer.write("My parcel is wet")
    expect(row).to_contain_text("My parcel is wet")
    expect(row.get_by_text("3 unread")).to_be_visible()
    socket = socket_of(server, desk.bot, customer)
    socket.send_text('{"typing": true}')
    for member in (maya, noor):
        expect(member.rows("Unassigned Chats").get_by_text("is typing…")).to_be_visible()
    socket.send_text('{"typing": false}')
    expect(row.get_by_text("is typing…")).to_have_count(0)

    noor.open_first("Unassigned Chats")
    expect(row.get_by_text("unread")).to_have_count(0)


def test_an_answer_of_this_minute_is_of_now(member_page, waiting_customer, desk):
    maya = member_page(desk.maya)
    waiting_customer(desk.bot, "Hello?")
    maya.open_first("Unassigned Chats")
    maya.write("Good morning")
    idle = maya.rows("My Chats").locator("time")
    expect(idle).to_have_text("now")

    maya.page.evaluate("const now = Date.now; Date.now = () => now() + 61_000;")
    expect(idle).to_have_text("1m")


def test_the_longest_wait_stands_first(member_page, waiting_customer, desk):
    maya = member_page(desk.maya)
    for name in ("Ada", "Bob", "Eve"):
        customer = waiting_customer(desk.bot, "Hello?", name=name)
    expect(maya.rows("Unassigned Chats")).to_have_count(3)
    assert [name in row for name, row in zip(("Ada", "Bob", "Eve"), maya.rows("Unassigned Chats").all_inner_texts(),
                                             strict=True)] == [True] * 3
    customer.write("I have written most lately")
    expect(maya.rows("Unassigned Chats").last).to_contain_text("I have written most lately")


def test_the_switcher_counts_what_waits_with_other_bots(member_page, waiting_customer, desk):
    with transaction() as session:
        session.add(BotAccess(member_id=desk.maya.id, bot_id=desk.other_bot.id))
    maya = member_page(desk.maya, f"/bots/{desk.bot.key}/chats")
    dot = maya.page.get_by_title("Customers of another bot are waiting")
    expect(dot).to_be_hidden()

    waiting_customer(desk.other_bot, "Ahoy from elsewhere")

    expect(dot).to_be_visible()
    expect(maya.rows("Unassigned Chats")).to_have_count(0)
    maya.page.get_by_role("button", name="Bot: Harbor bot").click()
    elsewhere = maya.page.get_by_role("navigation", name="Bots").get_by_role("link", name="Other bot")
    expect(elsewhere).to_contain_text("1 waiting")
    elsewhere.click()
    expect(maya.rows("Unassigned Chats").get_by_text("Ahoy from elsewhere")).to_be_visible()
    expect(maya.page.get_by_title("Customers of another bot are waiting")).to_be_hidden()


@pytest.mark.alone
def test_a_thousand_rows_stay_usable(member_page, waiting_customer, desk):
    add_waiting(desk.bot, 1000)
    maya = member_page(desk.maya)

    def shows(place: str, text: str) -> None:
        # Not by role: to describe a thousand rows takes the tests, not the page, many seconds.
        look = "([place, text]) => [...document.querySelectorAll(place)].some(it => it.textContent.includes(text))"
        eventually(lambda: maya.page.evaluate(look, [place, text]), 10, text)

    rows = maya.page.locator("#unassigned_chats > li")
    assert rows.count() == 1000
    began = time.monotonic()
    rows.last.locator("a").click()
    shows("[role=log]", "Question 999")
    waiting_customer(desk.bot, "The thousand and first")
    shows("#unassigned_chats > li:last-child", "The thousand and first")
    maya.page.locator("#message_box").fill("Good that you waited")
    maya.page.locator("#message_box").press("Enter")
    shows("#my_chats > li", "Good that you waited")
    assert rows.count() == 1000
    assert time.monotonic() - began < 4


def add_waiting(bot, how_many: int) -> None:
    """Customers of `bot` who wait; one came each second."""
    began = now() - timedelta(seconds=how_many)
    with transaction() as session:
        customers = [Customer(bot_id=bot.id, token_hash=digest(new_token())) for _number in range(how_many)]
        session.add_all(customers)
        session.flush()
        chats = [Chat(bot_id=bot.id, customer_id=customer.id, state=State.LIVE, seq=1, last_text=f"Question {number}",
                      last_author=Author.CUSTOMER, handed_off_at=began + timedelta(seconds=number))
                 for number, customer in enumerate(customers)]
        session.add_all(chats)
        session.flush()
        session.add_all(Message(chat_id=chat.id, seq=1, author=Author.CUSTOMER, text=chat.last_text) for chat in chats)


# The address


def test_the_address_says_what_is_open(member_page, waiting_customer, desk):
    ada = waiting_customer(desk.bot, "I am Ada", name="Ada")
    waiting_customer(desk.bot, "I am Bob", name="Bob")
    maya = member_page(desk.maya)
    maya.open_chat("Ada")
    ada_url = maya.page.url
    assert ada_url.endswith(f"/bots/{desk.bot.key}/chats/{ada.chat_id}")
    maya.open_chat("Bob")
    ada.write("Something new")

    maya.page.go_back()
    expect(maya.log.get_by_text("Something new")).to_have_count(1)
    ada.write("And more")
    expect(maya.log.get_by_text("And more")).to_have_count(1)
    expect(maya.rows("Unassigned Chats").filter(has_text="Ada")).to_have_attribute("aria-current", "page")
    maya.page.go_forward()
    expect(maya.log.get_by_text("I am Bob")).to_be_visible()
    maya.page.reload()
    expect(maya.log.get_by_text("I am Bob")).to_be_visible()

    maya.page.goto(ada_url)
    expect(maya.log.get_by_text("And more")).to_have_count(1)
    expect(maya.page).to_have_title("(2) Ada · Harbor bot · Baton")
    ada.write("Live, too")
    expect(maya.log.get_by_text("Live, too")).to_have_count(1)


def test_two_windows_of_one_member_move_together(member_page, waiting_customer, desk):
    waiting_customer(desk.bot, "I am Ada", name="Ada")
    one = member_page(desk.maya)
    one.open_chat("Ada")
    other = one.window()
    expect(other.log).to_be_visible()

    one.write("Hello, Maya here")

    for window in (one, other):
        expect(window.rows("My Chats")).to_have_count(1)
        expect(window.rows("Unassigned Chats")).to_have_count(0)
        expect(window.log.get_by_text("Hello, Maya here")).to_have_count(1)
        expect(window.button("Resolve Chat")).to_be_visible()
    other.resolve()
    for window in (one, other):
        expect(window.rows("My Chats")).to_have_count(0)
        expect(window.log.get_by_text("Maya has resolved this chat")).to_have_count(1)


def test_a_chat_of_another_bot_is_not_there(member_page, waiting_customer, server, desk):
    own, foreign = waiting_customer(desk.bot, "Mine"), waiting_customer(desk.other_bot, "Not for Maya")
    maya = member_page(desk.maya, f"/bots/{desk.bot.key}/chats/{own.chat_id}")
    expect(maya.log.get_by_text("Mine")).to_be_visible()

    for bot in (desk.bot, desk.other_bot):
        answer = maya.page.goto(f"{server.public_url}/bots/{bot.key}/chats/{foreign.chat_id}")
        assert answer.status == 404
        expect(maya.page.get_by_role("heading", name="There is nothing here.")).to_be_visible()
        expect(maya.page.get_by_text("Not for Maya")).to_have_count(0)

    maya.page.get_by_role("link", name="Go to your chats").click()
    expect(maya.rows("Unassigned Chats").get_by_text("Mine")).to_be_visible()


# What is never lost


def test_a_draft_is_kept_for_each_chat(member_page, waiting_customer, desk):
    waiting_customer(desk.bot, "I am Ada", name="Ada")
    waiting_customer(desk.bot, "I am Bob", name="Bob")
    maya = member_page(desk.maya)
    maya.open_chat("Ada")
    maya.box.fill("Dear Ada")
    maya.open_chat("Bob")
    expect(maya.box).to_have_value("")
    maya.box.fill("Dear Bob")

    maya.open_chat("Ada")
    expect(maya.box).to_have_value("Dear Ada")
    maya.page.reload()
    expect(maya.box).to_have_value("Dear Ada")
    maya.box.press("Enter")
    expect(maya.log.get_by_text("Dear Ada")).to_be_visible()
    maya.page.reload()
    expect(maya.log.get_by_text("Dear Ada")).to_be_visible()
    expect(maya.box).to_have_value("")
    maya.open_chat("Bob")
    expect(maya.box).to_have_value("Dear Bob")


def test_reading_along_in_a_colleagues_chat(member_page, waiting_customer, desk):
    customer = waiting_customer(desk.bot, "I am Ada", name="Ada")
    maya, noor = member_page(desk.maya), member_page(desk.noor)
    maya.open_chat("Ada")
    maya.write("Hello, Maya here")
    expect(maya.rows("My Chats")).to_have_count(1)

    noor.open_first("Assigned Chats")
    expect(noor.page.get_by_text("Maya is handling this chat.")).to_be_visible()
    expect(noor.box).to_be_hidden()
    customer.write("My parcel is wet")
    maya.write("Oh no")

    expect(noor.log.get_by_text("My parcel is wet")).to_be_visible()
    expect(noor.log.get_by_text("Oh no")).to_be_visible()
    expect(noor.rows("Assigned Chats")).to_contain_text("Maya: Oh no")


def test_what_a_member_was_typing_is_kept_when_the_customer_ends(member_page, waiting_customer, desk):
    customer = waiting_customer(desk.bot, "I am Ada", name="Ada")
    maya = member_page(desk.maya)
    maya.open_chat("Ada")
    maya.write("Hello, Maya here")
    maya.box.fill("I was about to say")
    expect(maya.button("Resolve Chat")).to_be_visible()

    customer.end()

    expect(maya.page.get_by_text("Ada ended this chat.")).to_be_visible()
    expect(maya.page.get_by_text("Your text is kept here.")).to_be_visible()
    expect(maya.button("Resolve Chat")).to_have_count(0)
    expect(maya.button("Send")).to_have_count(0)
    expect(maya.box).to_have_value("I was about to say")
    maya.page.reload()
    expect(maya.box).to_have_value("I was about to say")


def test_signing_out_ends_the_pages_that_are_open(member_page, waiting_customer, desk):
    waiting_customer(desk.bot, "I am Ada", name="Ada")
    maya, noor = member_page(desk.maya), member_page(desk.noor)
    maya.open_chat("Ada")
    maya.box.fill("I was about to say")
    window = maya.window()
    sign_out(window.page, desk.maya)
    expect(window.page.get_by_role("button", name="Sign in")).to_be_visible()

    expect(maya.notice).to_have_text("You are signed out. Your text is kept: sign in again.", timeout=TOLD)
    expect(maya.box).to_have_value("I was about to say")
    waiting_customer(desk.bot, "I am Bob", name="Bob")
    expect(noor.rows("Unassigned Chats")).to_have_count(2)
    expect(maya.rows("Unassigned Chats")).to_have_count(1)
    maya.notice.get_by_role("link").click()
    expect(maya.page.get_by_role("button", name="Sign in")).to_be_visible()


def test_what_one_member_has_not_sent_is_not_sent_by_the_next_one(member_page, waiting_customer, desk):
    ada = waiting_customer(desk.bot, "I am Ada", name="Ada")
    maya = member_page(desk.maya)
    page = maya.page
    maya.open_chat("Ada")
    page.route("**/messages", lambda route: route.abort())
    maya.write("Not for Noor to say")
    expect(maya.status("Not for Noor to say")).to_have_text("Not sent: Retry")
    sign_out(page, desk.maya)
    page.unroute("**/messages")

    sign_in(page, desk.noor)
    maya.open_chat("Ada")
    expect(maya.log.get_by_text("I am Ada")).to_be_visible()
    expect(maya.log.get_by_text("Not for Noor to say")).to_have_count(0)
    sign_out(page, desk.noor)
    sign_in(page, desk.maya)
    eventually(lambda: "Not for Noor to say" in ada.entries().text)
    with reading() as session:
        assert session.get(Chat, ada.chat_id).assignee_id == desk.maya.id


def sign_out(page, member) -> None:
    """Over the menu of the dashboard."""
    page.get_by_role("button", name=f"You: {member.name}").click()
    page.get_by_role("button", name="Sign out").click()


def sign_in(page, member) -> None:
    """With the form that is shown."""
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


# Small screens


def test_on_a_phone_one_column_at_a_time(member_page, waiting_customer, desk):
    customer = waiting_customer(desk.bot, "My parcel is wet", name="Ada")
    maya = member_page(desk.maya, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)

    def fits() -> bool:
        return maya.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    expect(maya.rows("Unassigned Chats")).to_be_visible()
    assert fits()
    maya.rows("Unassigned Chats").tap()
    expect(maya.log.get_by_text("My parcel is wet")).to_be_visible()
    expect(maya.list("Unassigned Chats")).to_be_hidden()
    assert fits()
    maya.write("Hello, Maya here")
    expect(maya.button("Resolve Chat")).to_be_in_viewport(ratio=1)
    expect(maya.button("Send")).to_be_in_viewport(ratio=1)
    details = maya.page.get_by_role("region", name="Customer details")
    expect(details).to_be_hidden()
    maya.button("Customer details").tap()
    expect(details.get_by_text("Ada")).to_be_in_viewport()
    maya.page.keyboard.press("Escape")
    expect(details).to_be_hidden()

    maya.page.get_by_role("link", name="Back to the lists").tap()

    expect(maya.rows("My Chats")).to_be_visible()
    customer.write("Thank you")
    expect(maya.rows("My Chats").get_by_text("Thank you")).to_be_visible()
    assert fits()
