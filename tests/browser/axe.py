"""axe-core, which finds what keeps people out of a page: every rule of WCAG 2.2 up to level AA, and good practice."""

from pathlib import Path

from playwright.sync_api import Frame, Page

SOURCE = (Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES = ("light", "dark")

# Frames are looked at one by one: a page cannot look into the widget, which is from another site.
RUN = """async ([place, tags]) => {
    const { violations } = await axe.run(place ?? document, { iframes: false, resultTypes: ["violations"],
        runOnly: { type: "tag", values: tags } });
    return violations.flatMap(({ id, impact, help, nodes }) => nodes.map(({ target, html, failureSummary }) =>
        `${id} (${impact}): ${help}\\n    ${target.flat().join(" ")}\\n    ${html}\\n    ${failureSummary}`));
}"""


def violations(frame: Page | Frame, place: str | None = None) -> list[str]:
    """What axe-core finds wrong with a page or a frame, or with what matches the selector `place` in it."""
    # Evaluated, because the pages' policies admit no foreign script element.
    if not frame.evaluate("'axe' in window"):
        frame.evaluate(SOURCE)
    return frame.evaluate(RUN, [place, TAGS])


class Inspection:
    """Looks at one state of a screen after the other, by day and by night, and keeps what it finds."""

    def __init__(self):
        self.seen: list[str] = []
        self.faults: list[str] = []

    def look(self, state: str, page: Page, frame: Frame | None = None, place: str | None = None) -> None:
        """Look at `page`, or at `frame` in it, which is in `state`."""
        for scheme in SCHEMES:
            # Colours that are on their way from one to the other are nobody's fault.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            self.faults += [f"{state}, {scheme}: {fault}" for fault in violations(frame or page, place)]
        self.seen.append(state)

    def report(self) -> str:
        """What was seen, and every fault with the place it was found at."""
        return "\n".join([f"Looked at {len(self.seen)} states: {'; '.join(self.seen)}", *self.faults])
