"""What cannot be undone is asked first, and everywhere in the same way."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from models import Invitation, Invite, KnowledgeEntry, Logo, reading
from models.identity import make_secret
from models.knowledge import Draft, replace_documents
from models.mail_server import MailServer, stop_mail
from models.sealing import seal_with
from tests.browser.axe import Inspection
from tests.web.edge import nothing_changes
from web.pictures import small_picture

# The page, the button that asks, the dialog, what it says, the button that does it, and what is read afterwards.
ASKED = [
    ("bots/{bot}", "Delete…", "Delete Harbor bot?", "It leaves your website", "Delete", "Harbor bot is deleted."),
    ("bots/{bot}/knowledge/{entry}", "Delete this entry…", "Delete this entry?", "cannot be brought back", "Delete",
     "Saved."),
    ("bots/{bot}/knowledge/{passage}", "Delete this entry…", "Delete this entry?", "importing the document again",
     "Delete", "Saved."),
    ("bots/{bot}/knowledge/import", "Delete care.md…", "Delete care.md?", "Its 2 passages go", "Delete", "Saved."),
    ("bots/{bot}/look", "Remove the logo…", "Remove the logo?", "the bot's first letter", "Remove", "Saved."),
    ("bots/{bot}/invitations", "Remove…: Need a hand?", "Remove this invitation?", "“Need a hand?”", "Remove",
     "Saved."),
    ("bots/{bot}/identity", "Switch off…", "Switch identity off?", "is believed any more", "Switch off", "Saved."),
    ("bots/{bot}/identity", "Make another one…", "Make another secret?", "is refused from now on", "Make another one",
     "Here it is."),
    ("mail", "Send no more mail…", "Send no more mail?", "forgets the server and its password", "Send no more mail",
     "Saved."),
    ("members", "Take back the invite of {email}…", "Take back the invite of {email}?", "stops working at once",
     "Take back", "Saved."),
    ("members/{member}", "Remove…", "Remove Noor Haddad?", "leave the team for good", "Remove",
     "Noor Haddad is no longer in the team."),
    ("members/{member}", "Disable…", "Disable Noor Haddad?", "do not come back to them", "Disable", "Saved."),
]


@pytest.fixture
def things(server, desk, olivia):
    """One of everything that can be taken away, by what stands for it in `ASKED`."""
    seal_with((server.data_dir / "secret_key").read_text().strip())
    replace_documents(desk.bot, desk.anna, {"care.md": [Draft("Paddles", "Rinse them."), Draft("Kayaks", "Dry them.")]})
    picture = BytesIO()
    Image.new("RGB", (64, 64), "#ff6600").save(picture, "PNG")
    Logo.put(desk.bot, small_picture(picture.getvalue()), by=desk.anna)
    for text in ("Welcome back!", "Need a hand?"):
        Invitation.add(desk.bot, desk.anna, text=text, pages="", seconds=5, scroll=0, returning_only=False)
    make_secret(desk.bot, desk.anna)
    MailServer("smtp.example.com", 587, "starttls", "", "", "chat@example.com", "https://example.com").keep(olivia)
    email = f"lena-{desk.bot.key}@example.com"
    Invite.make(olivia, email, "member", [desk.bot])
    entries = entries_of(desk.bot)
    yield {"bot": desk.bot.key, "email": email, "entry": entries["Where is my order?"], "passage": entries["Paddles"],
           "member": desk.noor.id}
    # The server is that of other tests, too.
    stop_mail(olivia)


def entries_of(bot) -> dict[str, int]:
    """The ids of a bot's entries, by their questions."""
    with reading() as session:
        return {entry.question: entry.id for entry in KnowledgeEntry.of(session, bot)}


@pytest.mark.parametrize(("path", "opener", "title", "says", "deed", "done"), ASKED,
                         ids=[title for _path, _opener, title, *_more in ASKED])
def test_what_cannot_be_undone_is_asked_first(things, olivia, member_page, path, opener, title, says, deed, done):
    page = member_page(olivia, "/settings/" + path.format(**things)).page
    ask = page.get_by_role("button", name=opener.format(**things), exact=True)
    dialog = page.get_by_role("dialog", name=title.format(**things), exact=True)
    with nothing_changes():
        for key in ("Enter", "Escape"):
            ask.focus()
            page.keyboard.press("Enter")
            expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
            expect(dialog, "it is read out, too").to_have_accessible_description(re.compile(re.escape(says)))
            page.keyboard.press(key)
            expect(dialog).to_be_hidden()
            expect(ask).to_be_focused()

    ask.click()
    inspection = Inspection()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 740})
        inspection.look(f"{title} at {width}", page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not inspection.faults, inspection.report()
    dialog.get_by_role("button", name=deed, exact=True).click()
    expect(page.get_by_role("status").filter(has_text=done)).to_be_visible()


def test_no_page_has_a_button_that_takes_something_away_at_once(server, things, olivia, member_page):
    page = member_page(olivia).page
    for path in sorted({path.format(**things) for path, *_more in ASKED}):
        page.goto(f"{server.public_url}/settings/{path}")
        forms = page.locator("form[action$='/removal'], form[action$='/deletion']")
        assert forms.count() > 0, path
        expect(forms.and_(page.locator("dialog form")), path).to_have_count(forms.count())
