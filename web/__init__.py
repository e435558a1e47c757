"""The edge: parse, find, call one verb, answer. One resource per file."""

from flask import Flask

from web import (
    bundles,
    chats,
    health,
    install,
    introduction,
    invites,
    language,
    passwords,
    reach,
    refusals,
    request_log,
    self_test,
    sessions,
    settings,
    setup,
    sockets,
    widget,
    widget_chats,
    widget_identity,
)
from web.access import RowId, login_manager
from web.extensions import Sessions, babel, compress, csrf, htmx, limiter
from web.forms import refuse_broken_forms
from web.headers import secure


def register(app: Flask) -> None:
    """Make every page, socket and refusal known to `app`."""
    app.url_map.converters["id"] = RowId
    request_log.register(app)
    app.before_request(refuse_broken_forms)
    babel.init_app(app, locale_selector=language.of_request)
    app.session_interface = Sessions()
    # Limits stand on views, which check themselves; the hooks for limits on everything would only cost time.
    app.extensions["limiter"] = {limiter}
    for extension in (compress, csrf, htmx, limiter, login_manager):
        extension.init_app(app)
    for resource in (sessions, invites, passwords, setup, install, chats, widget, widget_chats, widget_identity, reach,
                     introduction, bundles, health, sockets, self_test, *settings.RESOURCES):
        app.register_blueprint(resource.bp)
    # Customers hold no cookie that a foreign page could ride on: every write names their token.
    for resource in (widget_chats, widget_identity, reach, introduction):
        csrf.exempt(resource.bp)
    app.jinja_env.globals.update(bundle=bundles.bundle_address, sheet=bundles.sheet_address)
    refusals.register(app)
    secure(app)
