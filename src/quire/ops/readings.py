"""What `/metrics` shows, read from the parts' own counters."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from quire.blobs.folder import FolderBlobs
from quire.crdt.host import ReplicaHost
from quire.db.engine import Database
from quire.log.compactor import Compactor
from quire.log.sqlite import SqliteLog
from quire.ops.health import Readings, Sample
from quire.sync.gateway import Gateway
from quire.sync.rooms.registry import Rooms
from quire.sync.stats import SyncStats


@dataclass(frozen=True, slots=True)
class Node:
    """The parts whose counters are shown."""

    sync: SyncStats
    log: SqliteLog
    catalogue: Database
    blobs: FolderBlobs
    rooms: Rooms
    gateway: Gateway
    compactor: Compactor
    replicas: ReplicaHost
    converting: Callable[[], int]
    log_hangs: Callable[[], bool]


_GAUGES = {"last_commit_seconds"}


def readings(node: Node) -> Readings:
    """Return the collector; names are `quire_sync_…`, `quire_log_…`, `quire_open_…`."""

    def counters() -> Iterator[Sample]:
        for prefix, stats in (("sync", node.sync), ("log", node.log.stats)):
            for item in fields(stats):
                if item.name not in _GAUGES:
                    text = f"{item.name.replace('_', ' ')} since the start"
                    yield f"{prefix}_{item.name}", text, float(getattr(stats, item.name))
        yield "worker_deaths", "Worker processes of heavy documents that died", node.replicas.deaths

    def gauges() -> Iterator[Sample]:
        yield "open_sockets", "WebSockets open now", len(node.gateway.connections)
        yield "open_rooms", "Documents in memory now", len(node.rooms)
        yield "rooms_bytes", "Memory of live documents, about", node.rooms.memory
        yield "log_queued_bytes", "Bytes received and not yet committed", node.log.queued_bytes
        yield "unsaved_bytes", "Bytes accepted and not yet durable", node.rooms.unsaved_bytes
        yield "waiting_bytes", "Bytes received that wait to be proved", node.rooms.waiting_bytes
        yield "worker_requests", "Requests to worker processes without an answer yet", node.replicas.requests
        yield "unopenable_documents", "Documents that worker processes die of", node.replicas.unopenable
        yield "compaction_waiting", "Documents that the compactor has not looked at yet", node.compactor.waiting
        yield "compaction_healthy", "1 while documents can be compacted", float(node.compactor.problem is None)
        yield "conversions", "Large documents being turned into text, HTML or JSON", node.converting()
        yield "outbound_bytes", "Bytes in the outbound buffers of sockets", node.gateway.connections.outbound_bytes
        yield (
            "blocked_sockets",
            "Sockets that get no increments until they are drained",
            node.gateway.connections.blocked,
        )
        yield (
            "pending_bytes",
            "Bytes of messages that came before their document was open",
            node.gateway.connections.pending_bytes,
        )
        yield "log_healthy", "1 while commits succeed", float(node.log.health.ok and not node.log_hangs())
        yield "catalogue_healthy", "1 while accounts and lists can be written", float(node.catalogue.problem is None)
        yield "blobs_healthy", "1 while pictures can be stored", float(node.blobs.problem is None)
        yield "log_last_commit_seconds", "Duration of the last commit", node.log.stats.last_commit_seconds
        usage = resource.getrusage(resource.RUSAGE_SELF)
        yield "peak_resident_bytes", "Most memory this process has had", usage.ru_maxrss * 1024.0
        yield "cpu_seconds", "Processor time of this process", usage.ru_utime + usage.ru_stime

    return Readings(counters, gauges)
