"""What those who watch the process ask."""

import sqlite3

import httpx

from tests.running import eventually


def test_a_running_server_is_alive_and_ready(server):
    for path, words in (("healthz", "ok\n"), ("readyz", "ready\n")):
        answer = httpx.get(f"{server.url}/{path}")
        assert (answer.status_code, answer.text) == (200, words)
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_server_without_its_database_is_alive_but_not_ready(fresh):
    with sqlite3.connect(fresh.data_dir / "baton.sqlite3") as database:
        database.execute("ALTER TABLE workspaces RENAME TO gone")
    answer = eventually(lambda: (found := httpx.get(f"{fresh.url}/readyz")).status_code != 200 and found)
    assert (answer.status_code, answer.text) == (503, "away: database\n")
    assert httpx.get(f"{fresh.url}/healthz").status_code == 200
