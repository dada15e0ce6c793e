"""Counters of the update log; plain numbers that the metrics endpoint reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LogStats:
    """Totals since the start of the process."""

    commits: int = 0
    rows: int = 0
    bytes: int = 0
    failed_commits: int = 0
    refused: int = 0
    last_commit_seconds: float = 0.0
    compactions: int = 0
    failed_compactions: int = 0
    snapshot_fallbacks: int = 0
    """Damaged snapshots that were passed over for an older one."""
