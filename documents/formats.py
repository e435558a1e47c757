"""Each format as blocks of text: headings and paragraphs in the order in which people read them."""

import io
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from typing import NamedTuple

FORMATS = {
    "markdown": (".md", ".markdown", ".txt"),
    "html": (".html", ".htm"),
    "pdf": (".pdf",),
    "word": (".docx",),
}
# A Word file is packed; some bytes can be unpacked to fill any memory.
UNPACKED_AT_MOST = 60 * 1024 * 1024

BLOCKS = {"address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt",
          "fieldset", "figcaption", "figure", "footer", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
          "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# What stands around a text on a website, or is no text.
SKIPPED = {"script", "style", "template", "noscript", "svg", "nav", "footer", "form", "title", "button", "select"}


class Block(NamedTuple):
    """A heading or a paragraph."""

    text: str
    is_heading: bool = False


def blocks_of(kind: str, content: bytes) -> list[Block]:
    """The blocks of a file in one of `FORMATS`; raises whatever its reader raises for a file that is broken."""
    return READERS[kind](content)


def from_markdown(content: bytes) -> list[Block]:
    """Markdown, and plain text, which is Markdown without marks."""
    from markdown_it import MarkdownIt

    return from_html(MarkdownIt("commonmark", {"html": False}).enable("table").render(text_of(content)).encode())


def from_html(content: bytes) -> list[Block]:
    """A page, without what stands around its text."""
    reader = _HtmlReader()
    reader.feed(text_of(content))
    reader.close()
    reader.end_block()
    return reader.blocks


def from_word(content: bytes) -> list[Block]:
    """A .docx file, its headings by their style."""
    import mammoth

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > UNPACKED_AT_MOST:
            raise ValueError("too large when unpacked")
    ignore_pictures = mammoth.images.img_element(lambda image: {})
    return from_html(mammoth.convert_to_html(io.BytesIO(content), convert_image=ignore_pictures).value.encode())


def from_pdf(content: bytes) -> list[Block]:
    """Each page of a PDF, under its number."""
    from pypdf import PdfReader

    blocks = []
    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages, start=1):
        blocks.append(Block(f"page {number}", is_heading=True))
        # Letters that a font does not name come as NUL.
        text = page.extract_text().replace("\0", " ").encode("utf-8", "replace")
        paragraphs = re.split(r"\n\s*\n", text_of(text))
        blocks += [Block(" ".join(text.split())) for text in paragraphs if text.strip()]
    return blocks


def text_of(content: bytes) -> str:
    """Bytes as text, in UTF-8 or else as Windows writes it; without controls. Raises ValueError for what is no text."""
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("this is no text")
    for encoding in ("utf-16", "cp1252") if b"\0" in content else ("utf-8-sig", "cp1252"):
        try:
            return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", " ", content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise ValueError("this is no text")


READERS: dict[str, Callable[[bytes], list[Block]]] = {
    "markdown": from_markdown, "html": from_html, "word": from_word, "pdf": from_pdf}


class _HtmlReader(HTMLParser):
    """Collects the text of a page, block by block; cells of a row stay together."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._heading = False
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag in (self._skipping[:1] if self._skipping else SKIPPED):
            self._skipping.append(tag)
        elif self._skipping:
            return
        elif tag in BLOCKS | HEADINGS:
            self.end_block()
            self._heading = tag in HEADINGS
        elif tag in ("td", "th"):
            self._pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping[0]:
                self._skipping.pop()
        elif tag in BLOCKS | HEADINGS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._pieces.append(data)

    def end_block(self) -> None:
        """What was read since the last block is one, if it says anything."""
        text = " ".join("".join(self._pieces).split())
        if text:
            self.blocks.append(Block(text, self._heading))
        self._pieces, self._heading = [], False
