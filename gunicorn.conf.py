"""How gunicorn serves Baton: each number with its reason. Read by gunicorn when it starts in this folder."""

import os
import resource
import shutil
import sys
from pathlib import Path

chdir = str(Path(__file__).resolve().parent)
sys.path.insert(0, chdir)

# Not "import config": in this file that name would be a setting of gunicorn.
from config import ConfigError, load  # noqa: E402

try:
    settings = load()
except ConfigError as refusal:
    sys.exit(f"Baton: {refusal}")

bind = settings.bind
workers = settings.web_concurrency
# On "debug" gunicorn would name the address of every request, those of set-up links included.
loglevel = "info" if settings.log_level == "debug" else settings.log_level

# gevent: a request costs a greenlet, not a thread, and a chat that is only open not even that. Baton's own worker
# closes open sockets when it stops; gunicorn's would wait graceful_timeout for requests at every restart.
worker_class = "realtime.worker.Worker"
# What browsers keep open counts here, but for open chats, which the application counts; gunicorn's 1,000 is few.
worker_connections = settings.socket_connections

# gevent patches the standard library in the worker: an application loaded before the fork would hold
# unpatched locks and sockets.
preload_app = False

# After a restart every open page comes back within a second or so: let them wait in line, not be refused.
backlog = 4096
# Longer than the 60 s for which proxies keep idle connections (nginx, the large clouds): who sends requests
# should be who hangs up, else a request now and then meets a closed door.
keepalive = 65
# What a request in flight may still take when the server stops: less than the 10 s that containers are given.
graceful_timeout = 8
# A worker reports every second; one that has been silent this long hangs in code that yields to nobody.
timeout = 30

# Trust in X-Forwarded-* is settled at one place, by TRUSTED_PROXIES in the application: none here.
forwarded_allow_ips = ""

# The file by which a worker shows that it lives: in memory, for a busy disk could hold up the event loop.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# No second door for administration, and no file in the home directory.
control_socket_disable = True

# The application logs what matters; a line for each request would cost time and repeat proxies' logs.
accesslog = None
errorlog = "-"


# Where the workers keep their numbers, for whichever is asked for /metrics to add up; read by prometheus_client.
metrics_folder = settings.data_dir / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_folder)


def on_starting(server):
    """Start counting at 0; refuse what would break open chats."""
    if server.cfg.is_ssl:
        # Sockets are written to past Python's own objects, TLS included.
        sys.exit("Baton: TLS ends at the proxy before Baton, see docs/self-hosting.md: leave out certfile and keyfile.")
    shutil.rmtree(metrics_folder, ignore_errors=True)
    metrics_folder.mkdir(mode=0o700, exist_ok=True)


def child_exit(server, worker):
    """What a worker has counted stays; what it held at the moment (open sockets) is gone with it."""
    # Not prometheus_client's own mark_process_dead: imported here, it would reach new workers unpatched.
    for file in metrics_folder.glob(f"gauge_live*_{worker.pid}.db"):
        file.unlink(missing_ok=True)


def allow_open_files(wanted):
    """Raises this process's limit of open files (often 1,024) towards `wanted`, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


# One file for each connection; the rest is for the database, Redis, logs and templates.
allow_open_files(2 * worker_connections + 512)
