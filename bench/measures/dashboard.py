"""A busy day: the dashboard with a thousand open chats, its time and its queries."""

from bench.bench import Bench
from bench.figures import Figure, Result, at_most, median, plain, show
from bench.measures.growth import millis
from bench.seed import Desk, SeededChat, add_chats, database
from bench.systems import CountedBaton, MemberPage
from bench.wire import Answer, Line

FEW = 10
MOST_QUERIES = 12
PAGES = {"the dashboard with a chat open": "/chats/{chat}", "the inbox": "/inbox"}


async def measure(bench: Bench) -> Result:
    """The dashboard with many open chats"""
    many, times = bench.pick((1000, 10), (1000, 5), (30, 2))
    baton = bench.start(CountedBaton())
    desk, (page, *_) = baton.desk()
    result = Result()
    queries = {FEW: await count_queries(baton, desk, page, seed(baton, desk, FEW))}
    bench.step(f"{many:,} chats")
    chat = seed(baton, desk, many - FEW)
    queries[many] = await count_queries(baton, desk, page, chat)
    for what, path in PAGES.items():
        result.figures.append(tell_queries(what, many, {count: found[what] for count, found in queries.items()}))
        request = page.get(f"/bots/{desk.bot.key}{path.format(chat=chat.id)}")
        result.figures += await time_page(baton, f"{what}, {many:,} chats", request, times)
    return result


def seed(baton: CountedBaton, desk: Desk, count: int) -> SeededChat:
    """Store live chats; returns the last."""
    with database(baton.url):
        return add_chats(desk, count)[-1]


async def count_queries(baton: CountedBaton, desk: Desk, page: MemberPage, chat: SeededChat) -> dict[str, int]:
    """By page: how many statements it takes."""
    line = await Line.open(baton.port)
    found = {}
    for what, path in PAGES.items():
        answer: Answer = await line.ask(page.get(f"/bots/{desk.bot.key}{path.format(chat=chat.id)}"))
        found[what] = int(answer.headers["bench-queries"])
    line.close()
    return found


def tell_queries(what: str, many: int, queries: dict[int, int]) -> Figure:
    """Few enough, and as many as with a few chats."""
    few = f"{queries[FEW]} with {FEW}"
    return at_most(f"{what}, {many:,} chats, queries ({few})", queries[many], MOST_QUERIES, "")._replace(
        met=queries[many] <= MOST_QUERIES and queries[many] == queries[FEW])


async def time_page(baton: CountedBaton, what: str, request: bytes, times: int) -> list[Figure]:
    """How long it takes, and how much it is."""
    line = await Line.open(baton.port)
    answer = await line.ask(request)
    took = median([await millis(line, request) for _ in range(times)])
    line.close()
    return [plain(f"{what}, answered in", took, "ms"), Figure(f"{what}, size", show(len(answer.body) / 1000, "kB"))]
