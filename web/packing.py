"""What strangers' pages wait for travels as small as gzip can make it; packed once, for everybody."""

from functools import lru_cache

from flask import Response, request
from zopfli import gzip as zopfli

# More tries make it a few bytes smaller; everybody in the process waits meanwhile, once for each file.
TRIES = 1


def packed(text: str, mimetype: str) -> Response:
    """`text` as an answer that is the same for everybody who asks: it must hold no secret."""
    takes_gzip = "gzip" in request.accept_encodings
    answer = Response(_pack(text) if takes_gzip else text, mimetype=mimetype)
    if takes_gzip:
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


@lru_cache(maxsize=64)
def _pack(text: str) -> bytes:
    return zopfli.compress(text.encode(), numiterations=TRIES)
