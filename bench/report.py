"""Tables for the terminal, JSON, and a chart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from bench.servers import BASELINE

BAR, GAP, LEFT, WIDTH = 18, 8, 170, 720
COLOURS = {"quire": "#2f6fde"}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an aligned text table."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure for people; a missing one is a dash."""
    return "-" if value is None else f"{value:,.{digits}f}"


def ratio(value: float | None, base: float | None) -> str:
    """Return how many times the baseline."""
    return "-" if value is None or not base else f"{value / base:.2f}x"


def live_table(results: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the table of one live workload by server."""
    base = results.get(BASELINE, {})
    return table(
        ("server", "CPU µs", "ratio", "p50 ms", "p95", "p99", "ack p50", "ack p99", "frames/delivery", "core", "lost"),
        [
            (
                name,
                number(found["cpu_us"], 2),
                ratio(found["cpu_us"], base.get("cpu_us")),
                number(found["p50"]),
                number(found["p95"]),
                number(found["p99"]),
                number(found["ack_p50"]),
                number(found["ack_p99"]),
                number(found["frames_per_delivery"], 2),
                number(found["core_share"], 2),
                number(found["lost"], 0),
            )
            for name, found in results.items()
        ],
    )


def write(path: Path, results: object) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")


def chart(path: Path, live: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> None:
    """Write bars of CPU time for one delivery, by workload and server, as SVG."""
    parts: list[str] = []
    at = 34
    for workload, servers in live.items():
        most = max((found["cpu_us"] or 0) for found in servers.values())
        parts.append(f'<text x="8" y="{at}" font-weight="600">{escape(workload)}</text>')
        at += 10
        for name, found in servers.items():
            value = found["cpu_us"] or 0
            length = max(2, value / most * (WIDTH - LEFT - 130))
            parts.append(f'<text x="{LEFT - 8}" y="{at + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(
                f'<rect x="{LEFT}" y="{at}" width="{length:.0f}" height="{BAR}" rx="3" '
                f'fill="{COLOURS.get(name, "#9aa5b1")}"/>'
            )
            label = f"{value:.2f} µs, p99 {number(found['p99'])} ms"
            parts.append(f'<text x="{LEFT + length + 8:.0f}" y="{at + 13}">{label}</text>')
            at += BAR + GAP
        at += 22
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{at}" viewBox="0 0 {WIDTH} {at}" '
        f'font-family="system-ui, sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="8" y="16" fill="#555">Server CPU for one delivery; shorter is better</text>{"".join(parts)}</svg>\n'
    )
