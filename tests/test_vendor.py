"""Files of others: unchanged since they were taken, and each library with a reason to be here."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["lean/vendor/terser", "static/vendor/htmx", "static/vendor/lucide", "tests/vendor/axe-core"]


def sums(folder):
    """{file name: sha256} as SHA256SUMS tells it; its lines with # say version, licence, npm's checksum."""
    lines = (ROOT / folder / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines if not line.startswith("#"))}


def pinned(name):
    """The libraries a requirements file names, each with the version."""
    lines = (ROOT / name).read_text().splitlines()
    return [line.partition("==") for line in lines if line and not line.startswith(("#", "-"))]


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_are_what_was_published(folder):
    files = [path for path in (ROOT / folder).iterdir() if path.name != "SHA256SUMS"]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == sums(folder)


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_tell_their_version_licence_and_origin(folder):
    head = (ROOT / folder / "SHA256SUMS").read_text().splitlines()[:2]
    assert re.fullmatch(r"# [a-z.-]+ \d+\.\d+\.\d+ from npm, .+", head[0])
    assert re.fullmatch(r"# sha512-[A-Za-z0-9+/]{86}==", head[1])
    assert (ROOT / folder / "LICENSE").stat().st_size > 500


def test_every_vendored_folder_is_checked():
    found = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/vendor/*/SHA256SUMS")}
    vendored = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/vendor/*") if path.is_dir()}
    assert found == vendored == set(FOLDERS)


def test_the_readable_htmx_is_the_one_that_is_served():
    folder = ROOT / "static/vendor/htmx"
    texts = [(folder / name).read_text() for name in ("htmx.js", "htmx.min.js")]
    readable, served = (re.search(r"\bversion ?= ?['\"]([\d.]+)['\"]", text)[1] for text in texts)
    assert readable == served
    assert f"# htmx.org {served} " in (folder / "SHA256SUMS").read_text()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "constraints.txt"])
def test_every_library_is_pinned_to_one_version(name):
    assert pinned(name)
    assert [library for library, is_pinned, version in pinned(name) if not (is_pinned and version)] == []


def test_every_library_has_its_reason():
    page = (ROOT / "docs/dependencies.md").read_text()
    libraries = {library.partition("[")[0] for name in ("requirements.txt", "requirements-dev.txt")
                 for library, _, _ in pinned(name)}
    told = set(re.findall(r"^- \*\*(.+?)\*\*", page, re.MULTILINE))
    assert libraries <= told
    assert told - libraries == {"htmx.org", "lucide-static", "axe-core", "terser"}
