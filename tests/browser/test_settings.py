"""The settings pages in a browser: each of them reads well on any screen, and what is set shows at once."""

from playwright.sync_api import expect

from tests.browser.axe import Inspection
from tests.web.edge import rules

# What a page fetches for itself.
PARTS = {"settings_look.preview", "settings_look.show_contrast"}
PAGES = [rule for rule in rules("GET", within="/settings/")
         if rule.arguments <= {"key"} and not rule.endpoint.startswith("self_test.") and rule.endpoint not in PARTS]


def test_every_page_is_accessible_and_fits_a_phone(server, desk, member_page):
    anna = member_page(desk.anna, viewport={"width": 360, "height": 740}).page
    inspection = Inspection()
    for rule in PAGES:
        anna.goto(server.public_url + rule.rule.replace("<key>", desk.bot.key))
        expect(anna.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        assert anna.evaluate("document.documentElement.scrollWidth") <= 360, rule
        inspection.look(rule.endpoint, anna)
    assert not inspection.faults, inspection.report()


def test_a_new_name_shows_on_open_dashboards_at_once(server, desk, member_page):
    noor = member_page(desk.noor)
    anna = member_page(desk.anna).page
    anna.goto(f"{server.public_url}/settings/bots/{desk.bot.key}")
    anna.get_by_role("textbox", name="Name").fill("Harbour Desk")
    anna.get_by_role("button", name="Save").click()

    expect(anna.get_by_role("status")).to_have_text("Saved.")
    expect(noor.page.get_by_role("banner")).to_contain_text("Harbour Desk")
