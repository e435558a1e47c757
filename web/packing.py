"""What strangers' pages wait for travels as small as their browsers can read it; packed once, for everybody."""

from functools import lru_cache

import brotli
from flask import Response, request
from zopfli import gzip as zopfli

PACKERS = {"br": brotli.compress, "gzip": zopfli.compress}


def packed(text: str, mimetype: str) -> Response:
    """`text` as an answer that is the same for everybody who asks: it must hold no secret."""
    encoding = next((name for name in PACKERS if name in request.accept_encodings), None)
    content = text.encode()
    answer = Response(_pack(content, encoding) if encoding else content, mimetype=mimetype)
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.vary.add("Accept-Encoding")
    return answer


# Slow (some 100 ms) and thorough: a few files, each for a few languages and settings of bots.
@lru_cache(maxsize=64)
def _pack(content: bytes, encoding: str) -> bytes:
    return PACKERS[encoding](content)
