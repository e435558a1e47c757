"""Waiting, as both sides see it: the row is marked, the customer is told, and a chat left alone goes back."""

from playwright.sync_api import expect

from models import Bot
from tests.browser.conftest import eager
from tests.models.chats import change
from tests.running import eventually

# Counts the notes that a page plays, and plays none.
SILENT = """
window.notes = 0;
window.AudioContext = class {
  constructor() { this.state = "suspended"; this.currentTime = 0; }
  resume() { this.state = "running"; }
  createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} }; }
  createOscillator() { return { frequency: {}, connect: (to) => to, start() { window.notes += 1; }, stop() {} }; }
};
"""

NO_PAINT = "rgba(0, 0, 0, 0)"


def test_who_waits_too_long_is_marked_and_sounds_until_answered_or_muted(desk, member_page, waiting_customer):
    change(Bot, Bot.id == desk.bot.id, alarm_seconds=0)
    noor = member_page(eager(desk).noor, script=SILENT)
    waiting_customer(desk.bot, "Anybody?")
    late = noor.page.locator(".row--late")
    expect(late).to_have_count(1)
    eventually(lambda: noor.page.evaluate("notes") >= 2)
    # Its time, not the row: where all wait too long the list can still be read.
    expect(late.locator(".row__link")).to_have_css("background-color", NO_PAINT)
    expect(late.locator(".row__wait")).not_to_have_css("background-color", NO_PAINT)

    noor.page.get_by_role("button", name="You: Noor").click()
    noor.page.get_by_role("button", name="Mute the waiting sound").click()
    expect(noor.page.get_by_role("button", name="Mute the waiting sound")).to_have_attribute("aria-pressed", "true")
    noor.page.keyboard.press("Escape")
    noor.open_first("Unassigned Chats")
    noor.write("I am here.")
    expect(noor.rows("My Chats")).to_have_count(1)
    expect(late).to_have_count(0)


def test_a_customer_who_waits_too_long_is_told_and_leaves_an_address(desk, member_page, customer_page):
    change(Bot, Bot.id == desk.bot.id, delay_seconds=1)
    eager(desk)
    lena = customer_page().open()
    lena.talk_to_human_at_once("Hello?")
    expect(lena.log.get_by_text("Sorry, this takes longer than usual")).to_be_visible(timeout=15_000)
    lena.frame.get_by_role("textbox", name="E-mail").fill("lena@example.com")
    lena.button("Leave your e-mail, keep your place").click()
    expect(lena.frame.get_by_text("We answer to lena@example.com.")).to_be_visible()
    noor = member_page(desk.noor)
    noor.open_first("Unassigned Chats")
    expect(noor.page.get_by_role("region", name="Customer details")).to_contain_text("lena@example.com")


def test_a_chat_goes_back_when_its_assignee_is_gone(desk, member_page, customer_page):
    eager(desk)
    lena = customer_page().open()
    lena.talk_to_human_at_once("Hello?")
    maya = member_page(desk.maya)
    maya.open_first("Unassigned Chats")
    maya.write("Maya here.")
    expect(lena.log.get_by_text("Maya here.")).to_be_visible()
    noor = member_page(desk.noor)
    expect(noor.rows("Assigned Chats")).to_have_count(1)

    maya.page.context.close()
    change(Bot, Bot.id == desk.bot.id, absence_seconds=1)
    lena.write("Are you still there?")

    expect(noor.rows("Unassigned Chats")).to_have_count(1, timeout=15_000)
    expect(lena.log.get_by_text("Maya had to leave. Somebody else will take over")).to_be_visible()
    noor.open_first("Unassigned Chats")
    expect(noor.log.get_by_text("Maya is away: back to Unassigned")).to_be_visible()
    noor.write("Noor takes over.")
    expect(lena.log.get_by_text("Noor takes over.")).to_be_visible()
