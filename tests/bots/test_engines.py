"""A bot's engine is built when its knowledge changes, and only then."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from bots import BotSettings, Entry, Question, engine_for

SETTINGS = BotSettings("Bot")
HOURS = Entry(1, "When are you open?", (), "From ten to six.")


def test_the_same_knowledge_is_indexed_once():
    first = engine_for(SETTINGS, [HOURS])
    assert engine_for(BotSettings("Bot"), (replace(HOURS),)) is first


@pytest.mark.parametrize(
    "changed",
    [replace(HOURS, answer="Never."), replace(HOURS, question="Opening hours?"), replace(HOURS, id=2)],
)
def test_an_edit_takes_effect_with_the_next_question(changed):
    assert engine_for(SETTINGS, [HOURS]).answer(Question("open?")).text == "From ten to six."
    answer = engine_for(SETTINGS, [changed]).answer(Question(changed.question))
    assert (answer.entry_id, answer.text) == (changed.id, changed.answer)


def test_another_bots_settings_are_not_mixed_up():
    one = engine_for(BotSettings("One", fallback="One lost."), [HOURS])
    two = engine_for(BotSettings("Two", fallback="Two lost."), [HOURS])
    assert one.answer(Question("moon")).text == "One lost."
    assert two.answer(Question("moon")).text == "Two lost."


def test_an_unknown_engine_is_refused_by_name():
    with pytest.raises(ValueError, match="no engine 'oracle'; choose one of knowledge, model, webhook"):
        engine_for(BotSettings("Bot", engine="oracle"), [HOURS])


def test_engines_know_neither_the_web_nor_the_database():
    folder = Path(__file__).parents[2] / "bots"
    engines = [path for path in folder.glob("*.py") if path.name != "runner.py"]  # it joins them to chats
    imported = {name.split(".")[0] for path in engines for name in imports(path)}
    assert "rapidfuzz" in imported
    assert not imported & {"flask", "flask_babel", "sqlalchemy", "models", "web", "realtime", "app"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
