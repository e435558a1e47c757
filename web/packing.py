"""What strangers' pages wait for travels as small as their browsers understand it; packed once, for everybody."""

from functools import lru_cache

import brotli
from flask import Response, request
from zopfli import gzip as zopfli

# The smaller one first. Each is as tight as it can be in about a tenth of a second, in which the process waits.
PACKERS = {
    "br": lambda text: brotli.compress(text, mode=brotli.MODE_TEXT),
    "gzip": lambda text: zopfli.compress(text, numiterations=1),
}


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
