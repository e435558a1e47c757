"""Makes what strangers' pages wait for as small as it can be: `bin/lean` writes the scripts in `static/lean` anew.

Terser does it, in QuickJS, so nobody needs a second language. It takes a second, in which a server would answer nobody:
hence what it made is kept beside the sources, and served as long as it was made of them (`web/packing.py`).
"""

import json
from pathlib import Path

import quickjs

from web import bundles, loader
from web.packing import mark_of

TERSER = Path(__file__).resolve().parent / "vendor/terser/bundle.min.js"
OPTIONS = {"compress": {"passes": 2}}


def made() -> dict[str, str]:
    """The content of each file in `static/lean`, as it should be now.

    Raises `quickjs.JSException` for a script that no browser could read either.
    """
    terser = quickjs.Context()
    # Terser wants to be told where maps come from; none are drawn here.
    terser.eval("var sourceMap = {}")
    terser.eval(TERSER.read_text())
    return {name: f"{mark_of(source)}\n{_shortened(source, terser)}\n" for name, source in _sources().items()}


def _sources() -> dict[str, str]:
    return {**{f"{screen}.js": bundles.written(screen) for screen in bundles.SCRIPTS},
            **{loader.file_name(invites): loader.written(invites) for invites in (False, True)}}


def _shortened(source: str, terser: quickjs.Context) -> str:
    made = terser.eval(f"JSON.stringify(Terser.minify_sync({json.dumps(source)}, {json.dumps(OPTIONS)}))")
    return json.loads(made)["code"]
