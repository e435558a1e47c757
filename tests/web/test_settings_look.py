"""How a bot looks, as administrators set it."""

import re
from io import BytesIO

import httpx
import pytest
from PIL import Image

from models import Bot, reading
from tests.web.edge import assert_pushed, customer_screen, nothing_changes

GOOD = {"accent": "#7A1FA2", "on_accent": "", "theme": "dark", "title": "Harbor help", "subtitle": "",
        "launcher_icon": "headset", "launcher_side": "left", "launcher_gap": "32", "open_label": "Ask us",
        "close_label": "", "widget_language": ""}


@pytest.fixture
def address(desk) -> str:
    """Where the look of the desk's bot is set."""
    return f"/settings/bots/{desk.bot.key}/look"


def stored(bot: Bot) -> Bot:
    """The bot as it is now."""
    with reading() as session:
        return session.get(Bot, bot.id)


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 200)) -> bytes:
    """A file with a picture."""
    file = BytesIO()
    Image.new("RGB", size, "#ff6600").save(file, kind)
    return file.getvalue()


def test_every_field_is_kept_and_the_launcher_is_told_what_differs(desk, anna, address):
    assert "Saved." in anna.http.post(address, data=GOOD).text
    assert stored(desk.bot).launcher() == {"color": "#7a1fa2", "side": "left", "offset": 32, "icon": "headset",
                                           "openLabel": "Ask us", "theme": "dark"}
    assert desk.other_bot.launcher() == {}


def test_open_widgets_are_painted_anew(server, desk, anna, address, chatting):
    screen = customer_screen(server, chatting, desk.bot.key)
    anna.http.post(address, data={**GOOD, "subtitle": "Here for <you>"})
    pushes = screen.pushes()
    look = assert_pushed(pushes, 'html[lang="en"] #look', "")
    assert 'data-accent="#7a1fa2"' in look.html and 'data-theme="dark"' in look.html
    assert_pushed(pushes, ".bot-title", "Harbor help")
    assert "Here for &lt;you&gt;" in assert_pushed(pushes, 'html[lang="de"] .bot-line', "Here for <you>").html


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("accent", "", "This is no colour. Write it like #0f766e."),
    ("accent", "teal", "This is no colour. Write it like #0f766e."),
    ("on_accent", "white", "This is no colour. Write it like #0f766e."),
    ("on_accent", "#7a1fa2", "This text cannot be read on the colour: 1.0 to 1, and 4.5 is needed. "
                             "#ffffff would do, or the colour #d4b7e1."),
    ("theme", "purple", "Not a valid choice."),
    ("launcher_icon", "../../x", "Not a valid choice."),
    ("launcher_side", "", "Not a valid choice."),
    ("widget_language", "tlh", "Not a valid choice."),
    ("launcher_gap", "", "Please fill this in."),
    ("launcher_gap", "201", "At most 200."),
    ("launcher_gap", "1.5", "Please write a whole number, 0 or more."),
    ("title", "x" * 61, "At most 60 characters."),
    ("open_label", "a\x07b", "This text has characters that cannot be shown."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, anna, address, field, typed, sentence):
    with nothing_changes():
        answer = anna.http.post(address, data={**GOOD, field: typed})
    assert answer.status_code == 422
    assert f'<span class="field__error" id="{field}_error">{sentence}</span>' in answer.text
    assert "Ask us" in answer.text or field == "open_label", "what was typed is still there"


def test_the_preview_shows_what_is_typed_and_changes_nothing(desk, anna, address):
    with nothing_changes():
        shown = anna.http.get(f"{address}/preview", params={**GOOD, "launcher_gap": "far"}).text
    assert "Harbor help" in shown and 'data-accent="#7a1fa2"' in shown
    assert '<main id="chat" tabindex="-1" inert>' in shown


def test_the_preview_is_framed_by_the_settings_alone(desk, anna, address):
    policy = anna.http.get(f"{address}/preview").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "Text on it reads well: 5.4 to 1."), ("#000000", "This text cannot be read on the colour: 3.8 to 1"),
    ("#00", "")])
def test_a_sentence_says_whether_text_on_the_colour_can_be_read(desk, anna, address, text, sentence):
    said = anna.http.get(f"{address}/contrast", params={"accent": "0f766e", "on_accent": text}).text
    assert said.startswith(sentence) and bool(said) == bool(sentence)


def put_logo(anna, desk, content: bytes) -> httpx.Response:
    """Upload a file as the logo."""
    # Followed, this client would name the form's type once more, without a form.
    return anna.http.post(f"/settings/bots/{desk.bot.key}/logo", follow_redirects=False,
                          files={"logo": ("logo.png", content, "image/png")})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_written_anew_and_small_and_customers_get_it(server, desk, anna, chatting, kind):
    screen = customer_screen(server, chatting, desk.bot.key)
    assert put_logo(anna, desk, picture(kind)).status_code == 303
    src = re.search(r'src="([^"]+/logo\?v=\w+)"', assert_pushed(screen, ".avatar--bot", "").html)[1]

    answer = httpx.get(server.url + src)
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "immutable" in answer.headers["Cache-Control"]
    assert Image.open(BytesIO(answer.content)).size == (160, 80)


def test_a_logo_can_be_taken_away(server, desk, anna):
    put_logo(anna, desk, picture())
    anna.http.post(f"/settings/bots/{desk.bot.key}/logo/removal")
    assert stored(desk.bot).logo == ""
    assert httpx.get(f"{server.url}/widget/{desk.bot.key}/logo").status_code == 404
    with nothing_changes():
        assert anna.http.post(f"/settings/bots/{desk.bot.key}/logo/removal").status_code == 200


@pytest.mark.parametrize("content", [
    b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:60], picture("GIF"),
    picture("BMP", (2, 2)), picture(size=(5000, 1)), picture() + b"x" * 256 * 1024,
], ids=["nothing", "words", "svg", "half", "gif", "bmp", "wide", "large"])
def test_what_is_no_usable_picture_is_refused_beside_its_field(desk, anna, content):
    with nothing_changes():
        answer = put_logo(anna, desk, content)
    assert answer.status_code == 422
    assert "This is no picture that can be used: PNG, JPEG or WebP, at most 256 kB." in answer.text


def test_a_logo_needs_a_file(desk, anna):
    with nothing_changes():
        assert anna.http.post(f"/settings/bots/{desk.bot.key}/logo").status_code == 422
