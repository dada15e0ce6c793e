"""What a server's process tree costs, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals of a process tree: CPU seconds, bytes of proportional memory, bytes sent to storage."""

    cpu: float
    memory: int
    written: int


def tree(pid: int) -> list[int]:
    """Return `pid` and all processes below it."""
    found, at = [pid], 0
    while at < len(found):
        try:
            for task in (Path("/proc") / str(found[at]) / "task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            pass
        at += 1
    return found


def usage(pid: int) -> Usage:
    """Return what the tree under `pid` used so far."""
    cpu = memory = written = 0
    for member in tree(pid):
        folder = Path("/proc") / str(member)
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            cpu += int(fields[11]) + int(fields[12])
            memory += _value(folder / "smaps_rollup", "Pss:") * 1024
            written += _value(folder / "io", "write_bytes:")
        except OSError:
            continue
    return Usage(cpu / _TICK, memory, written)


def _value(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0
