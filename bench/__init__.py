"""How fast Baton is, and how light: real servers on loopback, driven by a lean client in this process.

`bin/bench` runs everything, `bin/bench NAME…` some measures, `bin/bench --quick` smaller sizes. One file per
measure in `measures/`; most compare with the floor (`floor.py`), the least that a chat on this stack can cost,
taken in the same run: this machine may be slow today, and so is the floor.
"""
