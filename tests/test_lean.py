"""The scripts that browsers load are what `bin/lean` makes of those that people read."""

import lean
from helpers import STATIC
from web.packing import LEAN, mark_of
from web.packing import lean as served


def test_what_is_kept_was_made_of_what_is_written():
    kept = {path.name: path.read_text() for path in LEAN.iterdir()}
    assert kept == lean.made(), "Please run bin/lean, and commit what it has written."


def test_a_script_that_was_changed_since_is_served_as_it_is_written():
    name, source = "widget.js", "let waiting = 1; // until bin/lean is run"
    assert served(name, source) == source
    assert mark_of(source) not in (STATIC / "lean" / name).read_text()
    assert served("of-tomorrow.js", source) == source
