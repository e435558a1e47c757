"""What strangers' pages wait for travels as small as their browsers understand it; packed once, for everybody."""

import hashlib
from functools import lru_cache

import brotli
from flask import Response, request
from zopfli import gzip as zopfli

from helpers import STATIC

LEAN = STATIC / "lean"

# The smaller one first. Each is as tight as it can be in about a tenth of a second, in which the process waits.
PACKERS = {
    "br": lambda text: brotli.compress(text, mode=brotli.MODE_TEXT),
    "gzip": lambda text: zopfli.compress(text, numiterations=1),
}


def lean(name: str, source: str) -> str:
    """A script as `bin/lean` keeps it in `static/lean`; as it is written, where somebody has changed that since."""
    kept = LEAN / name
    mark, _, script = kept.read_text().partition("\n") if kept.exists() else ("", "", "")
    return script if mark == mark_of(source) else source


def mark_of(source: str) -> str:
    """The line by which a lean script tells what it was made of."""
    return f"// {hashlib.sha256(source.encode()).hexdigest()}"


def packed(text: str, mimetype: str) -> Response:
    """`text` as an answer that is the same for everybody who asks: it must hold no secret."""
    encoding = next((each for each in PACKERS if each in request.accept_encodings), None)
    answer = Response(_pack(text, encoding) if encoding else text, mimetype=mimetype)
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.vary.add("Accept-Encoding")
    return answer


@lru_cache(maxsize=64)
def _pack(text: str, encoding: str) -> bytes:
    return PACKERS[encoding](text.encode())
