"""The pages about Baton: what they point at exists, and what exists is told."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bin._pictures import PICTURES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"|<(https?:[^>]+)>""")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# Files that a page has its reader write.
INVENTED = {"bots/yours.py", "migrations/versions/0011_mood_of_a_bot.py"}
# Names that nobody owns, and this machine.
NOBODYS = re.compile(r"(.+\.)?example(\.com)?|localhost|127\.0\.0\.1")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    """Where a page's text points at; not what stands in its examples."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return ["".join(found) for found in LINK.findall(text)]


def code(page: Path, *languages: str) -> str:
    """The examples of a page in these languages."""
    found = FENCED.findall(page.read_text(encoding="utf-8"))
    return "".join(example for language, example in found if language in languages)


def commands() -> set[str]:
    """What a person may run: everything in bin/ without a leading _."""
    return {f"bin/{path.name}" for path in (ROOT / "bin").iterdir() if not path.name.startswith(("_", "."))}


def test_there_are_pages_with_links():
    assert {"README.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md"} <= set(map(name, PAGES))
    assert len(links(ROOT / "README.md")) > 8


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    targets = [link.partition("#")[0] for link in links(page) if not urlsplit(link).scheme]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_addresses_are_examples(page):
    hosts = re.findall(r"\w+://(?:[^/\s@`\"']*@)?([\w.-]+\w)", page.read_text(encoding="utf-8"))
    assert [host for host in hosts if not NOBODYS.fullmatch(host) and "." in host] == []


def test_every_page_is_reached_from_the_readme():
    reached, ahead = set(), {ROOT / "README.md"}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        local = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        ahead |= {target for target in local if target.suffix == ".md"} - reached
    assert [name(page) for page in PAGES if page not in reached] == []


def test_every_command_is_told():
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [command for command in commands() if not re.search(rf"{command}\b", told)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_told_commands_exist(page):
    told = set(re.findall(r"(?<![\w./-])bin/[a-z]+\b(?!/)", page.read_text(encoding="utf-8")))
    assert told - commands() == set()


def test_the_readme_needs_two_commands():
    lines = code(ROOT / "README.md", "sh").splitlines()
    assert lines[0].startswith("git clone ") and " && cd " in lines[0]
    assert lines[1] == "bin/serve --demo"


def test_the_tag_in_the_readme_is_the_one_the_server_shows():
    shown = re.search(r"tag = f'(.+)'", (ROOT / "web/install.py").read_text(encoding="utf-8"))[1]
    tag = shown.replace("{origin()}", "https://chat.example.com").replace("{bot.key}", "KEY")
    assert code(ROOT / "README.md", "html").strip() == tag


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 80


def test_every_picture_is_taken_by_the_script_and_shown():
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    kept = {path.stem for path in (ROOT / "docs/pictures").iterdir()}
    assert kept == set(PICTURES)
    assert [picture for picture in kept if f"docs/pictures/{picture}.png" not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page):
    told = re.findall(r"`((?:[a-z_]+/)+[\w.*]+\.(?:py|js|html|cfg))`", page.read_text(encoding="utf-8"))
    assert [path for path in told if not list(ROOT.glob(path)) and path not in INVENTED] == []
