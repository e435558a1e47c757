"""Headers that go with every answer: what a page may load, who may frame it, what may be kept."""

import secrets

from flask import Flask, Response, g, request


def csp_nonce() -> str:
    """This answer's nonce: a script without it does not run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def allow_framing(origins: list[str]) -> None:
    """Let pages of `origins`, and Baton's own, frame this answer; an empty list lets everybody."""
    g.frame_ancestors = " ".join(["'self'", *origins]) if origins else "*"


def allow_own_framing() -> None:
    """Let only Baton's own pages frame this answer."""
    g.frame_ancestors = "'self'"


def secure(app: Flask) -> None:
    """Add the headers to every answer of `app`, and the nonce to its templates."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    # A sign-in ends on its own day. Renewed with each answer, its cookie would go with cached files too.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", _policy())
        headers.setdefault("Cache-Control", "no-store")
    elif request.endpoint == "static" and response.status_code == 200:
        _prepare_file(response)
    return response


def _prepare_file(response: Response) -> None:
    # Flask-Compress leaves gzip out for files that are streamed; ours are small.
    response.direct_passthrough = False
    response.set_data(response.get_data())
    if "v" in request.args:  # the address changes with the content
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _policy() -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    sockets = f"ws://{request.host} wss://{request.host}"  # not every browser counts them to 'self'
    return "; ".join((
        "default-src 'none'", f"script-src {nonce}", "style-src 'self'", "img-src 'self' data:",
        f"connect-src 'self' {sockets}", "font-src 'self'", "frame-src 'self'", "form-action 'self'",
        "base-uri 'none'", f"frame-ancestors {g.get('frame_ancestors', chr(39) + 'none' + chr(39))}",
    ))
