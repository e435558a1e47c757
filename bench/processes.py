"""What processes cost, as the kernel counts it: processor time and memory of a process with its children."""

import os
import resource
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and everything that descends from it."""
    pids = [pid]
    for parent in pids:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            pids += [int(child) for child in task.read_text().split()]
    return pids


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that living processes, and children of theirs that are gone, have used so far; to 10 ms."""
    return sum(_ticks(pid) for pid in pids) / TICKS_PER_SECOND


def own_cpu_seconds() -> float:
    """Processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory(pids: list[int]) -> tuple[int, int]:
    """(PSS, RSS) in bytes: what the processes take from the machine, and the same with shared pages counted twice."""
    found = [_rollup(pid) for pid in pids]
    return sum(one["Pss"] for one in found), sum(one["Rss"] for one in found)


def allow_open_files(wanted: int) -> int:
    """Raise this process's limit of open files towards `wanted`; returns what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(soft, min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def machine() -> str:
    """The machine in one line: processor, cores, memory, system."""
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    system = next((line.partition("=")[2].strip('"') for line in Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME")), "Linux")
    return f"{len(os.sched_getaffinity(0))} cores ({cpu}), {total / 1e9:.0f} GB, {system}, Linux {os.uname().release}"


def _ticks(pid: int) -> int:
    # The name of the process, in parentheses, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15])


def _rollup(pid: int) -> dict[str, int]:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return {name.rstrip(":"): int(size) * 1024 for name, size, *_ in lines}
