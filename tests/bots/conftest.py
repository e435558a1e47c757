import json
import tomllib
from pathlib import Path

import pytest

from bots import BotSettings, Entry, engine_for

HERE = Path(__file__).parent
DEMO_BOTS = json.loads((HERE.parents[1] / "demo" / "knowledge.json").read_text())["bots"]


def demo_entries(bot):
    return [demo_entry(number, **entry) for number, entry in enumerate(bot["entries"], start=1)]


def demo_entry(number, question, alternatives, answer, quick_replies):
    return Entry(number, question, tuple(alternatives), answer, tuple(quick_replies))


def demo_engine(bot):
    settings = BotSettings(bot["name"], fallback=bot["fallback"], language=bot["language"])
    return engine_for(settings, demo_entries(bot))


@pytest.fixture(params=DEMO_BOTS, ids=lambda bot: bot["key"])
def demo_bot(request):
    return request.param


@pytest.fixture
def shop():
    return DEMO_BOTS[0]


@pytest.fixture
def shop_engine(shop):
    return demo_engine(shop)


@pytest.fixture
def engine_of():
    return demo_engine


@pytest.fixture
def entries_of():
    return demo_entries


@pytest.fixture(scope="session")
def wordings():
    return tomllib.loads((HERE / "paraphrases.toml").read_text())
