"""The commands in bin/, run for real: what they refuse, how they start, how they stop.

They run in a folder of their own that holds the commands and settings, and in place of Baton a tiny app.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path

import pytest

from tests.running import free_port

ROOT = Path(__file__).resolve().parent.parent
# Were a refusal to fail, what comes next must not reach for the network.
QUIET = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PYTHONDONTWRITEBYTECODE": "1"}

APP = """
import os
def create_app():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [os.environ["DATA_DIR"].encode()]
    return app
"""
CLI = "import sys; print('cli', *sys.argv[1:])"
WORKER = "from gunicorn.workers.ggevent import GeventWorker as Worker"


@pytest.fixture
def clone(tmp_path):
    """A clone without libraries, and without Baton's own code."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "bin", folder / "bin")
    for name in ("config.py", "gunicorn.conf.py", "wsgi.py", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, folder)
    (folder / "app.py").write_text(APP)
    (folder / "cli.py").write_text(CLI)
    (folder / "realtime").mkdir()
    (folder / "realtime/worker.py").write_text(WORKER)
    return folder


@pytest.fixture
def installed(clone):
    """A clone whose .venv lends the libraries that run these tests, and counts as up to date."""
    venv.create(clone / ".venv")
    lent = Path(sysconfig.get_path("purelib", vars={"base": str(clone / ".venv")}))
    (lent / "lent.pth").write_text(sysconfig.get_path("purelib"))
    mark = "cat requirements*.txt constraints.txt | cksum > .venv/installed-requirements.txt"
    subprocess.run(["sh", "-c", mark], cwd=clone, check=True)
    return clone


def run(clone, *command, **environ):
    """A command from another folder, as a person might call it."""
    return subprocess.run(
        [clone / command[0], *command[1:]], cwd="/", env={**QUIET, "DATA_DIR": clone / "data", **environ},
        capture_output=True, text=True, timeout=60,
    )


def refusal(clone, *command, **environ):
    """What a command says on stderr when it refuses, which is one line."""
    done = run(clone, *command, **environ)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stdout + done.stderr
    assert not (clone / ".venv").exists(), "refused too late"
    return done.stderr


def answer(port, seconds=10):
    """What the server on `port` says, as soon as it does."""
    until = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture
def path(tmp_path):
    """A PATH with a few tools of the shell, no Python, and a user who is not root."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in ("sh", "dirname", "readlink", "cat", "env", "mktemp", "rm", "tail"):
        (folder / tool).symlink_to(shutil.which(tool))
    put(folder, "id", "echo 1000")
    return folder


def put(path, name, script):
    """A program that runs a line of shell."""
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_a_port_in_use_is_refused(clone):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(clone, "bin/serve", PORT=port)
    assert said == f"Baton: PORT {port} is in use: stop what listens there or set PORT.\n"


@pytest.mark.parametrize("arguments", [[], ["--demo"]])
def test_a_folder_that_cannot_be_written_is_refused(clone, arguments):
    said = refusal(clone, "bin/serve", *arguments, DATA_DIR="/dev/null/x")
    assert said == "Baton: DATA_DIR '/dev/null/x' cannot be written: Not a directory.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_the_demo_refuses_to_be_reached_from_elsewhere(clone, host):
    said = refusal(clone, "bin/serve", "--demo", HOST=host, PORT=str(free_port()))
    assert said == f"Baton: The demo is for this machine only: HOST must be 127.0.0.1, not '{host}'.\n"


def test_an_address_of_another_machine_is_refused(clone):
    assert "cannot listen on 192.0.2.1" in refusal(clone, "bin/serve", HOST="192.0.2.1")


def test_a_setting_that_is_nonsense_is_refused(clone):
    assert refusal(clone, "bin/serve", PORT="http").startswith("Baton: PORT must be a whole number")


def test_tls_of_its_own_is_refused_for_it_would_break_sockets(clone):
    done = subprocess.run([sys.executable, "-m", "gunicorn", "--certfile=any.pem", "wsgi:app"], cwd=clone, timeout=60,
                          env={**QUIET, "DATA_DIR": clone / "data"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Baton: TLS ends at the proxy before Baton, see docs/self-hosting.md" in done.stderr


def test_an_unknown_argument_is_refused(clone):
    assert "--demo" in refusal(clone, "bin/serve", "--dmeo")


@pytest.mark.parametrize("command", ["bin/serve", "bin/baton"])
def test_an_old_python_is_refused(clone, path, command):
    put(path, "python3", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    said = refusal(clone, command, PATH=path)
    assert said == "Baton: Python 3.11 or newer is needed, but this machine has Python 3.9.2.\n"


@pytest.mark.parametrize("command", ["bin/serve", "bin/baton"])
def test_no_python_is_refused(clone, path, command):
    said = refusal(clone, command, PATH=path)
    assert said == "Baton: Python 3.11 or newer is needed, but this machine has no python3.\n"


def test_a_newer_python_is_found_beside_an_old_one(clone, path):
    put(path, "python3", "exit 1")
    put(path, "python3.12", f'exec {sys.executable} "$@"')
    assert "PORT must be" in refusal(clone, "bin/serve", PATH=path, PORT="http")


def test_debians_missing_venv_package_is_named(clone, path):
    put(path, "python3", f'case "$*" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac')
    package = "python{}.{}-venv".format(*sys.version_info)
    assert refusal(clone, "bin/baton", PATH=path).startswith(f"Baton: please install {package} (on Debian")


def test_missing_programs_of_the_tests_are_named(clone, path):
    assert refusal(clone, "bin/test", PATH=path).startswith("Baton: please install chromium redis-server (")


def test_root_gets_the_missing_programs_installed(clone, path, tmp_path):
    put(path, "id", "echo 0")
    put(path, "apt-get", f'echo "$@" >> {tmp_path}/asked; [ "$1" = update ] || {{ echo no disk; exit 1; }}')
    done = run(clone, "bin/test", PATH=path)
    assert (tmp_path / "asked").read_text() == "update -qq\ninstall -qq -y chromium redis-server\n"
    assert done.stdout == "Baton: installing the Debian packages chromium redis-server\n"
    assert done.stderr.splitlines() == [
        "no disk", "Baton: these Debian packages could not be installed: chromium redis-server."
    ]


@pytest.fixture
def start(installed):
    """Starts bin/serve and returns its process and port; all it left is gone after the test."""
    started = []

    def start(*arguments, **environ):
        environ = {**QUIET, "PORT": str(free_port()), **environ}
        process = subprocess.Popen(
            [installed / "bin/serve", *arguments], cwd="/", env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )
        started.append(process)
        return process, environ["PORT"]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_start_says_each_step_and_serves(start, tmp_path):
    process, port = start(DATA_DIR=str(tmp_path / "data"))
    assert answer(port) == str(tmp_path / "data")
    process.terminate()
    assert process.communicate(timeout=10)[0].splitlines() == [
        "Baton: bringing the database up to date",
        "cli prepare",
        f"Baton: serving on http://127.0.0.1:{port}",
    ]


def test_the_demo_keeps_its_own_data_and_says_where_to_look(start, installed):
    process, port = start("--demo")
    assert answer(port) == "var/demo"
    process.terminate()
    said = process.communicate(timeout=10)[0]
    assert "cli prepare --demo\n" in said
    assert f"http://127.0.0.1:{port}/demo" in said
    assert "maya@example.com" in said and "demo-password" in said
    assert (installed / "var/demo/secret_key").exists()


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_server_itself(start, tmp_path, ends):
    process, port = start(DATA_DIR=str(tmp_path))
    answer(port)
    process.send_signal(ends)
    assert process.wait(timeout=5) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=1)


def test_a_second_start_installs_nothing(start):
    process, port = start("--demo")
    answer(port)
    process.terminate()
    assert "installing" not in process.communicate(timeout=10)[0]


def test_the_administration_gets_its_arguments_as_they_are(installed):
    done = run(installed, "bin/baton", "member", "add", "Maya Lee")
    assert (done.returncode, done.stdout) == (0, "cli member add Maya Lee\n")


def test_changed_requirements_are_installed(installed):
    (installed / "requirements.txt").write_text("flask==0.0.0\n")
    done = run(installed, "bin/baton")
    assert done.returncode == 1
    assert "Baton: installing the libraries in requirements.txt\n" in done.stdout
    assert "could not be installed" in done.stderr


def test_a_command_works_through_a_link(installed, tmp_path):
    (tmp_path / "baton").symlink_to(installed / "bin/baton")
    done = subprocess.run([tmp_path / "baton", "x"], env={**QUIET}, capture_output=True, text=True)
    assert done.stdout == "cli x\n"
