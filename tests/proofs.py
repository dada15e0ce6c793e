"""The page on full runs of the proofs: `make prove` keeps it."""

from __future__ import annotations

import fcntl
import re
import time
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "proofs.md"
ROW = re.compile(r"^\| `([^`]+)` \|.*\|$", re.MULTILINE)


def note(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put a test that ran in full size on the page, in place of its last run."""
    marks = [mark for mark in item.iter_markers("fm") if "size" in mark.kwargs]
    if not marks or report.when != "call" or report.skipped:
        return
    rows = ", ".join(sorted({row for mark in item.iter_markers("fm") for row in mark.args}))
    seed = getattr(item, "funcargs", {}).get("seed", "-")
    size, day = marks[0].kwargs["size"], time.strftime("%Y-%m-%d")
    told = f"| `{item.nodeid}` | {rows} | {size} | {day} | {seed} | {report.duration:,.0f} | {report.outcome} |"
    with PAGE.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        page = file.read()
        runs = {found[1]: found[0] for found in ROW.finditer(page)}
        head = page[: page.index("| `")]
        runs[item.nodeid] = told
        file.truncate(0)
        file.write(head + "".join(f"{runs[name]}\n" for name in sorted(runs)))
