"""What a website's visitor pays: bytes over the wire, and time in which the page's scripts keep it busy."""

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from bench.bench import Bench
from bench.figures import Figure, LeftOut, Result, at_most, median, plain
from bench.systems import Baton
from bench.wire import Answer, Line, get
from tests.browser.conftest import QUIET, HostPage

KB = 1000
SETTLED_MS = 400
WINDOW_MS = 1500


async def measure(bench: Bench) -> Result:
    """The widget's weight and script time"""
    repeats = bench.pick(5, 3, 1)
    program = shutil.which("chromium")
    if not program:
        raise LeftOut("Chromium is not installed (Debian: chromium)")
    baton = bench.baton()
    desk, _ = baton.desk(members=1)
    with website(baton) as shop:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=QUIET)
            bench.step("what it loads")
            closed, opened = await loaded(browser, baton, f"{shop}/{desk.bot.key}")
            figures = tell_bytes(await weigh(baton, closed), await weigh(baton, opened))
            for slow_down, limit in ((1, 10), (4, 50)):
                bench.step(f"script time at {slow_down} ×")
                times = [await script_millis(browser, f"{shop}/{desk.bot.key}", slow_down) for _ in range(repeats)]
                figures += tell_script(slow_down, limit, times)
            await browser.close()
    return Result(figures)


@contextmanager
def website(baton: Baton) -> Iterator[str]:
    """Somebody's website on another port: another origin, but one renderer, whose script time is the sum of both."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HostPage) as server:
        server.baton = f"http://127.0.0.1:{baton.port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def loaded(browser: Browser, baton: Baton, url: str) -> tuple[list[str], list[str]]:
    """The addresses that a first visit loads from Baton: before the click, and all in all."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(url)
        await launcher(page).wait_for()
        await page.wait_for_timeout(SETTLED_MS)
        of_baton = [address for address in asked if urlsplit(address).port == baton.port]
        await open_chat(page)
        return of_baton, [address for address in asked if urlsplit(address).port == baton.port]


async def weigh(baton: Baton, addresses: list[str]) -> dict[str, Answer]:
    """Each address as a browser gets it that takes gzip and nothing better."""
    line = await Line.open(baton.port)
    found = {}
    for address in addresses:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        found[path] = await line.ask(get(baton.port, path))
    line.close()
    return found


def tell_bytes(closed: dict[str, Answer], opened: dict[str, Answer]) -> list[Figure]:
    """Weights; a page that is sent uncompressed on purpose counts with the gzip it could have."""
    sent = sum(len(answer.body) for answer in opened.values())
    zipped = sum(len(smaller(answer)) for answer in opened.values())
    return [
        at_most("/widget.js, gzip", len(closed["/widget.js"].body) / KB, 4, "kB"),
        at_most("requests of the closed launcher besides /widget.js", len(closed) - 1, 0, ""),
        at_most(f"all the opened widget loads, {len(opened)} requests with /widget.js, gzip", zipped / KB, 30, "kB"),
        plain("the same as Baton sends it", sent / KB, "kB"),
    ]


def smaller(answer: Answer) -> bytes:
    """The body with gzip."""
    return answer.body if "content-encoding" in answer.headers else gzip.compress(answer.body)


async def script_millis(browser: Browser, url: str, slow_down: int) -> tuple[float, float]:
    """Milliseconds of script on a first visit: with the launcher closed, and once the chat is open."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        # A context comes with a window, whose own scripts run beside the page's and would be waited for by them.
        await page.wait_for_timeout(WINDOW_MS)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slow_down})
        await page.goto(url)
        await page.wait_for_timeout(SETTLED_MS)
        closed = await script_so_far(devtools)
        await open_chat(page)
        return closed, await script_so_far(devtools)


async def script_so_far(devtools) -> float:
    """What the browser says it has spent in scripts, in ms."""
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "ScriptDuration")


def tell_script(slow_down: int, limit: int, times: list[tuple[float, float]]) -> list[Figure]:
    """Medians; the mark is on the closed launcher, which every visitor pays for."""
    closed, opened = (median(column) for column in zip(*times, strict=True))
    return [at_most(f"script time, closed launcher, {slow_down} × slow-down", closed, limit),
            plain(f"script time until the chat is open, {slow_down} × slow-down", opened, "ms")]


def launcher(page: Page):
    """The button."""
    return page.get_by_role("button", name="Open chat", exact=True)


async def open_chat(page: Page) -> None:
    """Click it, and wait until one could write."""
    await launcher(page).click()
    await page.frame_locator("iframe").get_by_role("textbox", name="Message", exact=True).wait_for()
    await page.wait_for_timeout(SETTLED_MS)
