"""The settings pages in a browser: each of them reads well on any screen, and what is set shows at once."""

from playwright.sync_api import Locator, expect

from tests.browser.axe import Inspection
from tests.browser.conftest import MemberPage, eager
from tests.people import PASSWORD
from tests.web.edge import rules

# What a page fetches for itself.
PARTS = {"settings_look.preview", "settings_look.show_contrast"}
PAGES = [rule for rule in rules("GET", within="/settings/")
         if rule.arguments <= {"key", "member_id"} and rule.endpoint not in PARTS]

SMALL_TEXT = """[...document.querySelectorAll("input, select, textarea")].map((field) => [field.name,
    getComputedStyle(field).fontSize]).filter(([, size]) => parseFloat(size) < 16)"""

SAME_IDS = """[...document.querySelectorAll("[id]")].map((element) => element.id)
    .filter((id, index, ids) => ids.indexOf(id) < index)"""


def test_every_page_is_accessible_and_fits_a_phone(server, desk, olivia, member_page):
    owner = member_page(olivia, viewport={"width": 360, "height": 740}, has_touch=True).page
    inspection = Inspection()
    for rule in PAGES:
        path = rule.rule.replace("<key>", desk.bot.key).replace("<id:member_id>", str(desk.noor.id))
        owner.goto(server.public_url + path)
        expect(owner.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        assert owner.evaluate("document.documentElement.scrollWidth") <= 360, rule
        assert owner.evaluate(SMALL_TEXT) == [], f"iOS zooms into these fields of {rule}"
        assert owner.evaluate(SAME_IDS) == [], f"labels lead to the wrong field of {rule}"
        expect(owner.get_by_role("navigation").locator("[aria-current]")).to_be_in_viewport(ratio=1)
        inspection.look(rule.endpoint, owner)
    assert not inspection.faults, inspection.report()


def test_who_is_refused_goes_on_at_the_first_marked_field(desk, member_page):
    anna = member_page(desk.anna, "/settings/members", viewport={"width": 360, "height": 740}).page
    email, bots = anna.get_by_role("textbox", name="E-mail"), anna.get_by_role("group", name="Bots they see")
    for typed, place, sentence in (("nobody", email, "This is no e-mail address."),
                                   (f"lena-{desk.bot.key}@example.com", bots, "Please choose at least one bot.")):
        email.fill(typed)
        anna.get_by_role("button", name="Invite", exact=True).click()
        expect(place).to_have_accessible_description(sentence)
        expect(place.locator("input").first if place is bots else place).to_be_focused()
        expect(anna.get_by_text(sentence)).to_be_in_viewport()
        expect(email).to_have_value(typed)


def test_in_a_panel_errors_are_red_and_what_was_typed_is_not_pale(server, desk, member_page):
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/invitations").page
    text = anna.get_by_role("textbox", name="Text")
    plain = colour_of(anna.get_by_role("heading", level=1))
    assert colour_of(text) == colour_of(anna.get_by_text("Text", exact=True)) == plain
    anna.get_by_role("button", name="Add").click()
    assert colour_of(anna.get_by_role("alert")) == colour_of(anna.locator("#text_error")) != plain


def colour_of(element: Locator) -> str:
    """The colour of its text."""
    return element.evaluate("element => getComputedStyle(element).color")


def test_a_new_name_shows_on_open_dashboards_at_once(server, desk, member_page):
    noor = member_page(desk.noor)
    anna = member_page(desk.anna).page
    anna.goto(f"{server.public_url}/settings/bots/{desk.bot.key}")
    anna.get_by_role("textbox", name="Name").fill("Harbour Desk")
    anna.get_by_role("button", name="Save").click()

    expect(anna.get_by_role("status")).to_have_text("Saved.")
    expect(noor.page.get_by_role("banner")).to_contain_text("Harbour Desk")


def test_who_is_invited_joins_answers_and_is_removed_in_the_middle_of_it(server, desk, contexts, member_page,
                                                                         waiting_customer):
    waiting_customer(eager(desk).bot, "Is anybody there?")
    noor, anna = member_page(desk.noor), member_page(desk.anna, "/settings/members").page
    anna.get_by_role("textbox", name="E-mail").fill(f"lena-{desk.bot.key}@example.com")
    anna.get_by_role("checkbox", name="Harbor bot").check()
    anna.get_by_role("button", name="Invite", exact=True).click()
    link = anna.locator("#link").inner_text()

    page = contexts().new_page()
    page.goto(link)
    inspection = Inspection()
    inspection.look("an invite", page)
    assert not inspection.faults, inspection.report()
    page.get_by_label("Your name").fill("Lena Fischer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    lena = MemberPage(page)
    lena.open_first("Unassigned Chats")
    lena.write("Lena here, yes.")
    expect(noor.rows("Assigned Chats")).to_contain_text("Lena")
    lena.box.fill("One more thing")

    anna.goto(f"{server.public_url}/settings/members")
    anna.get_by_role("link", name="Lena Fischer").click()
    anna.get_by_role("button", name="Remove…").click()
    anna.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(anna.get_by_role("status")).to_have_text("Lena Fischer is no longer in the team.")
    expect(noor.rows("Unassigned Chats")).to_contain_text("Lena here, yes.")
    noor.open_first("Unassigned Chats")
    expect(noor.log).to_contain_text("Lena no longer has access: back to Unassigned")
    expect(lena.notice).to_have_text("You are signed out. Your text is kept: sign in again.")
    expect(lena.box).to_have_value("One more thing")
