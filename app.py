"""Wiring: settings, database, delivery, bots and pages become one WSGI application."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import helpers
import languages
import web
from bots.runner import Runner
from logs import set_up_logs
from mailer import Mailer
from models import forget_listeners, mail_server, on_commit, open_database
from models.mail_server import MailServer
from models.schema import check_schema_at_start
from models.sealing import seal_with
from models.secret import digest
from realtime import housekeeping, metrics, worker
from realtime.broadcasts import Broadcasts
from realtime.connection import RESTARTING, SOCK_SERVER_OPTIONS
from realtime.greeter import Greeter
from realtime.hub import Hub
from realtime.relay import open_relay
from realtime.turns import connecting
from web.limits import Limit

LARGEST_REQUEST_BYTES = 64 * 1024
REDIS_PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1}


@dataclass(frozen=True)
class Baton:
    """The parts of one process that pages and sockets reach through `app.extensions["baton"]`."""

    hub: Hub
    greeter: Greeter
    relay: object
    broadcasts: Broadcasts
    runner: Runner
    copier: metrics.Copier
    message_limit: Limit
    mailer: Mailer


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The application with the settings in `environ`.

    Raises ConfigError for settings that cannot work, SchemaError for a database of another version.
    """
    settings = config.load(environ)
    set_up_logs(settings.log_level, metrics.ErrorCounter())
    app = Flask(__name__)
    app.config.from_mapping(flask_settings(settings))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    seal_with(settings.secret_key)
    mail_server.given(settings.mail_server and MailServer(**settings.mail_server), settings.public_url)
    open_database(settings.database_url)
    check_schema_at_start()
    baton = app.extensions["baton"] = assemble(app, settings)
    helpers.register(app)
    web.register(app)
    helpers.compile_templates(app)
    languages.load()
    listen(app, baton)
    return app


def flask_settings(settings: config.Config) -> dict:
    """What Flask and its extensions want to know."""
    return {
        "BATON": settings,
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST_BYTES,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.session_days),
        "SESSION_COOKIE_NAME": "baton",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": (settings.public_url or "").startswith("https:"),
        # A page stays open for days; the token ends with the session.
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        # A Redis that is stuck must hold nobody up; then each worker counts for itself.
        "RATELIMIT_STORAGE_OPTIONS": REDIS_PATIENCE if settings.redis_url else {},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "SOCK_SERVER_OPTIONS": {**SOCK_SERVER_OPTIONS, "subprotocols": ["baton"]},
        # Never pages: a compressed answer that holds a secret beside what a stranger sent tells its length.
        "COMPRESS_MIMETYPES": ["text/css", "text/javascript", "application/javascript", "image/svg+xml"],
        "TEMPLATES_AUTO_RELOAD": False,
    }


def assemble(app: Flask, settings: config.Config) -> Baton:
    """Delivery and bots of this process."""
    hub = Hub()
    # Every worker and machine of a deployment has the same key; a digest of it names the deployment.
    relay = open_relay(settings.redis_url, hub, digest(settings.secret_key)[:12])
    broadcasts = Broadcasts(relay, app.app_context)
    runner = Runner(settings.bot_seconds, app.app_context, languages.translator, settings.engine_hosts,
                    broadcasts.growing)
    greeter = Greeter(hub, broadcasts.numbers, broadcasts.missing, broadcasts.standing)
    relay.on_confirmed = greeter.remind
    return Baton(hub, greeter, relay, broadcasts, runner, metrics.Copier(hub, runner),
                 Limit(settings.message_limit), Mailer())


def in_context(app: Flask, work: Callable[[], None]) -> None:
    """Do `work` where fragments can be rendered and texts be translated."""
    with app.app_context():
        work()


def listen(app: Flask, baton: Baton) -> None:
    """Have commits heard, and what runs beside requests started in each worker."""
    forget_listeners()
    on_commit(baton.broadcasts.deliver)
    on_commit(baton.runner.hear)
    on_commit(metrics.hear)
    on_commit(baton.mailer.hear)
    worker.on_start(lambda: housekeeping.keep_beating(baton.hub, baton.broadcasts))
    worker.on_start(baton.relay.run)
    worker.on_start(baton.runner.pick_up)
    worker.on_start(baton.copier.run)
    worker.on_start(baton.mailer.run)
    for work in (housekeeping.expire_idle_chats, housekeeping.take_steps, housekeeping.mail_missed,
                 lambda: housekeeping.watch_doors(baton.broadcasts)):
        worker.on_start(partial(in_context, app, work))
    worker.on_stop(lambda: baton.hub.close_all(RESTARTING))
    worker.open_sockets_in_turn(connecting)
