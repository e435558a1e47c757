"""Writes `static/lean`."""

from lean import made
from web.packing import LEAN

for name, content in made().items():
    (LEAN / name).write_text(content)
    print(f"{LEAN.name}/{name}: {len(content):,} characters")
