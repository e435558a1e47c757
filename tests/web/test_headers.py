"""What goes with every answer: the page's policy, who may frame it, what may be kept."""

import gzip
import re

import httpx
import pytest

from helpers import asset
from models import transaction
from tests.web.edge import be_live, filled, rules
from web import loader


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """The directives of the policy."""
    return dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))


@pytest.fixture
def pages(server, desk, waiting, maya) -> list[httpx.Response]:
    """An answer of each kind of page, fragments and refusals included."""
    paths = ["/sign-in", "/nowhere", f"/bots/{desk.bot.key}/chats", f"/bots/{desk.bot.key}/chats/{waiting.chat_id}",
             f"/bots/{desk.bot.key}/install", f"/bots/{desk.bot.key}/preview", f"/bots/{desk.bot.key}/inbox",
             f"/bots/{desk.bot.key}/chats/{waiting.chat_id}/entries", f"/widget/{desk.bot.key}"]
    with httpx.Client(base_url=server.url) as nobody:
        return [nobody.get("/sign-in"), waiting.http.get("/chat"), waiting.entries(), *map(maya.http.get, paths)]


def test_pages_run_only_scripts_that_were_sent_with_them(pages):
    for page in pages:
        policy = policy_of(page)
        assert policy["default-src"] == "'none'" and policy["base-uri"] == "'none'"
        assert re.fullmatch(r"'nonce-[\w-]{20,}'", policy["script-src"])
        assert "unsafe" not in page.headers["Content-Security-Policy"] and "*" not in policy["script-src"]
        assert policy["style-src"] == policy["form-action"] == "'self'"


def test_pages_have_nothing_that_their_policy_forbids(pages):
    for page in pages:
        nonce = policy_of(page)["script-src"][len("'nonce-"):-1]
        for tag in re.findall(r"<script\b[^>]*>", page.text):
            assert f'nonce="{nonce}"' in tag and "src=" in tag, tag
        # Within a tag only: a customer may write such words.
        assert not re.search(r"<[a-z][^>]*\s(?:style|on[a-z]+|hx-on[^=]*)=", page.text), page.url
        assert "<style" not in page.text and 'href="javascript:' not in page.text


def test_every_answer_has_another_nonce(server):
    nonces = {policy_of(httpx.get(f"{server.url}/sign-in"))["script-src"] for _ in range(5)}
    assert len(nonces) == 5


def test_nobody_frames_the_dashboard(pages):
    for page in pages:
        if page.url.path.startswith(("/bots", "/sign-in", "/nowhere")):
            assert policy_of(page)["frame-ancestors"] == "'none'"


def test_every_website_frames_a_widget_that_names_none(server, desk):
    assert policy_of(httpx.get(f"{server.url}/widget/{desk.bot.key}"))["frame-ancestors"] == "*"


def test_only_the_named_websites_frame_a_widget(server, desk):
    with transaction() as session:
        session.merge(desk.bot).allowed_origins = ["https://shop.example", "https://www.shop.example"]
    policy = policy_of(httpx.get(f"{server.url}/widget/{desk.bot.key}"))
    assert policy["frame-ancestors"] == "'self' https://shop.example https://www.shop.example"


def test_browsers_do_not_guess_what_an_answer_is(server, pages):
    files = [httpx.get(server.url + path) for path in ("/widget.js", asset("js/live.js"), "/healthz", "/readyz")]
    for answer in pages + files:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_pages_are_kept_nowhere(pages):
    for page in pages:
        assert page.headers["Cache-Control"] == "no-store"


def test_files_are_kept_for_ever_under_an_address_that_changes_with_them(server):
    for name in ("js/live.js", "css/widget.css", "favicon.svg"):
        kept = httpx.get(server.url + asset(name))
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "immutable" not in httpx.get(f"{server.url}/static/{name}").headers.get("Cache-Control", "")
        assert "immutable" not in httpx.get(f"{server.url}/static/no-{name}?v=1").headers.get("Cache-Control", "")


def test_the_loader_is_kept_briefly_and_may_run_anywhere(server):
    script = httpx.get(f"{server.url}/widget.js")
    assert "max-age=60" in script.headers["Cache-Control"] and "immutable" not in script.headers["Cache-Control"]
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert script.headers["Content-Type"].startswith("text/javascript")
    again = httpx.get(f"{server.url}/widget.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304


def test_the_loader_is_light():
    assert len(gzip.compress(loader.lean_script(invites=False).encode(), 6)) <= 3_700
    assert len(gzip.compress(loader.lean_script(invites=True).encode(), 6)) <= 3_900


@pytest.mark.parametrize("encoding, light", [("br", 24_500), ("gzip", 26_000)])
def test_the_opened_widget_is_light(server, desk, encoding, light):
    """All that opening it loads: the page, the script and the style sheet."""
    accepted = {"Accept-Encoding": "gzip, deflate, br, zstd" if encoding == "br" else "gzip"}
    page = httpx.get(f"{server.url}/widget/{desk.bot.key}", headers=accepted)
    files = re.findall(r'(?:href|src)="(/(?:static|bundles)/[^"]+)"', page.text)
    assert [file.partition("?")[0] for file in files] == ["/bundles/widget.css", "/bundles/widget.js"]
    answers = [httpx.get(server.url + file, headers=accepted) for file in files]
    assert [answer.headers["Content-Encoding"] for answer in answers] == [encoding] * 2
    assert sum(answer.num_bytes_downloaded for answer in [page, *answers]) <= light
    plain = {"Accept-Encoding": "identity"}
    assert [answer.text for answer in answers] == [httpx.get(server.url + file, headers=plain).text for file in files]


def test_files_travel_compressed_and_pages_do_not(server):
    assert httpx.get(f"{server.url}/widget.js").headers["Content-Encoding"]
    assert httpx.get(server.url + asset("css/widget.css")).headers["Content-Encoding"]
    assert "Content-Encoding" not in httpx.get(f"{server.url}/sign-in").headers


def test_the_widget_and_the_files_leave_no_cookie_not_even_with_a_member(server, desk, customer, maya):
    be_live(customer)
    paths = [filled(rule, desk.bot.key, customer.chat_id) for rule in rules(within="/widget")]
    for browser in ("", "Another browser"):  # as after an update of it
        headers = {"User-Agent": browser} if browser else {}
        for path in [*paths, asset("js/live.js")]:
            for method in ("GET", "POST"):
                answer = maya.http.request(method, path, headers=headers)
                assert "Set-Cookie" not in answer.headers, (method, path)
    for answer in (customer.write("Hi"), customer.http.get("/chat"), customer.end(), customer.write("Hi")):
        assert "Set-Cookie" not in answer.headers
