"""One measure per file, each a coroutine `measure(bench)` that returns a `Result`; its docstring is its title."""

from bench.measures import dashboard, growth, idle, links, load, saturation, sockets, widget, workers

MEASURES = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (idle, saturation, load, sockets, growth, dashboard, widget, workers, links)
}
