"""The composition root: chooses, with `services`, which implementation stands behind each contract."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial

import structlog
from fastapi import FastAPI

from quire import BROWSER_APP, __version__
from quire.accounts import account_routes, session_routes, token_routes
from quire.accounts.problems import PROBLEMS as ACCOUNT_PROBLEMS
from quire.concurrency.background import Background
from quire.content.prosemirror import begun, empty_document
from quire.content.schema import MINIMUM_SCHEMA_VERSION, SCHEMA_VERSION
from quire.content.welcome import welcome_document
from quire.crdt.host import ReplicaHost
from quire.documents import attachment_routes, text_routes
from quire.documents import routes as document_routes
from quire.documents.attachments import Attachments
from quire.documents.edits import Edits
from quire.documents.exchange import Exchange
from quire.documents.factory import DocumentFactory
from quire.documents.pictures import PictureReader
from quire.documents.problems import PROBLEMS as DOCUMENT_PROBLEMS
from quire.documents.seeding import edited, seed
from quire.documents.service import Document, DocumentService, any_document
from quire.documents.texts import Texts
from quire.fanout.contract import Fanout
from quire.fanout.local import LocalFanout
from quire.http import static
from quire.http.app import create_app
from quire.http.attempts import Attempts, SignIns
from quire.http.bodyroom import BodyRoom
from quire.http.caller import Guard
from quire.http.forwarded import client_address
from quire.http.origins import Origins
from quire.http.security import SecurityLayer
from quire.limits.rates import Rate
from quire.limits.throttle import Throttle
from quire.log.archive import Archive
from quire.log.compactor import DEADLINE, Compactor, Trigger
from quire.log.contract import Health
from quire.log.sqlite import SqliteLog
from quire.ops import health
from quire.ops.children import Child
from quire.ops.descriptors import Exhaustion
from quire.ops.folder import CATALOGUE, LOG
from quire.ops.readings import Node, readings
from quire.ops.watchdog import Watchdog
from quire.server.folderwatch import FolderWatch
from quire.server.hangs import Hangs
from quire.server.limits import gateway_limits, room_limits
from quire.server.services import Services
from quire.settings import KIB, MIB, Settings
from quire.sharing import routes as sharing_routes
from quire.storage.failure import StorageUnavailable
from quire.sync.gateway import Gateway
from quire.sync.protocols.choice import speak
from quire.sync.rooms.neighbours import Identity
from quire.sync.rooms.registry import Rooms
from quire.sync.stats import SyncStats
from quire.workspaces import routes as workspace_routes
from quire.workspaces.problems import PROBLEMS as WORKSPACE_PROBLEMS

_log = structlog.get_logger("quire.server.composition")
SWEEP_SECONDS = 1.0
RECORD_SECONDS = 2.0
SYNC_FRAME = 64 * KIB
"""Bytes beside the update in the body of an exchange over HTTPS."""
BODIES, BODIES_OF_ONE = 256 * MIB, 64 * MIB
"""Bytes of large request bodies that may be in memory, of all people and of one."""
WRITES_PER_MINUTE, WRITES_AT_ONCE = 600, 200
"""Requests that change something, of one person at one address, in the long run and at once."""
FREE_SET_UPS = 50
"""Wrong set-up codes from one address before it has to wait."""


class Server:
    """One node: opens storage, serves HTTP and sockets on one port, and stops without losing anything."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.services = services = Services(settings)
        self.readiness = health.Readiness()
        self.stats = SyncStats()
        self.log = SqliteLog(settings.data / LOG, Archive(services.blobs), queue_limit=settings.unsaved_limit)
        # Compaction gives way by itself, but for when it holds the log's write lock.
        self._compactors_child = Child(settings.log_level, settings.log_format, deadline=DEADLINE, nice=0)
        self.compactor = Compactor(
            self.log,
            self._compactors_child,
            trigger=Trigger(updates=settings.snapshot_updates, bytes=settings.snapshot_bytes),
        )
        self.converter = Child(settings.log_level, settings.log_format)
        self.texts = Texts(self.log, self.converter, at_once=settings.conversions)
        self.identifier = Child(settings.log_level, settings.log_format)
        self.attachments = Attachments(
            services.database,
            services.blobs,
            identify=PictureReader(self.identifier).identify,
            per_document=settings.attachments_per_document,
            per_workspace=settings.attachments_per_workspace,
        )
        self.replicas = ReplicaHost(settings.crdt_workers)
        self.fanout: Fanout = LocalFanout()
        self.cookie = "__Host-quire" if settings.secure else "quire"
        self.origins = Origins(settings.public_url, loopback_only=settings.loopback_only)
        self.trusted = settings.proxies
        self.setup_code: str | None = None
        self.folder_watch = FolderWatch(services.folder, self.readiness)
        self.rooms: Rooms
        self.gateway: Gateway
        self.documents: DocumentService
        self.factory: DocumentFactory
        self.edits: Edits
        self._stop_by: float | None = None
        """When the stop must be over, by the loop's clock; None while the node serves."""
        self._upkeep = Background(self._contained)
        self._watchdog_ends = Throttle(60)
        self._watchdog = Watchdog(settings.watchdog, ended=self._watchdog_ended)
        self._hangs = Hangs(self.log, services.database, self.replicas.workers, self.readiness, self._log_changed)

    async def open(self) -> FastAPI | SecurityLayer:
        """Open storage and return the ASGI application."""
        await self._open_storage()
        # A public address means a proxy: whoever comes through it first would own the workspace.
        alone = self.settings.loopback_only and self.settings.public_url is None
        if not alone and not await self.services.people.any():
            self.setup_code = secrets.token_hex(4)
        self._assemble()
        await self.factory.remove_unfinished()
        await self._check_key()
        self._start_upkeep()
        return SecurityLayer(
            self._application(),
            requests=Rate(
                self.settings.requests_per_minute,
                self.settings.requests_per_minute / 3,
                enabled=self.settings.limited,
            ),
            origins=self.origins,
            secure=self.settings.secure,
            trusted=self.trusted,
            cookie=self.cookie,
            attachment_limit=self.settings.attachment_limit,
            sync_limit=self.settings.max_update + SYNC_FRAME,
        )

    async def _open_storage(self) -> None:
        services = self.services
        services.folder.lock()
        with services.folder.opening(LOG):
            services.folder.expect_catalogue()
        with services.folder.opening(CATALOGUE):
            await services.database.migrate()
        with services.folder.opening(LOG):
            await self.log.open()
            if await any_document(services.database):
                services.folder.expect_text()
        with services.folder.opening(CATALOGUE):
            services.folder.opened(self.log.files)
        await asyncio.to_thread(services.blobs.remove_unfinished)
        await self.fanout.open()
        self.compactor.start()

    def _assemble(self) -> None:
        """Put together what serves people, over storage that is open."""
        settings, services = self.settings, self.services
        self.rooms = Rooms(
            self.log,
            self.replicas,
            limits=room_limits(settings),
            stats=self.stats,
            unsaved_limit=settings.unsaved_limit,
            grace=settings.room_grace,
            budget=settings.room_budget,
            fanout=self.fanout,
            identity=Identity(f"{socket.gethostname()}:{settings.port}", secrets.token_hex(4)),
        )
        self.gateway = Gateway(
            self.rooms,
            services.access,
            speak=speak,
            limits=gateway_limits(settings),
            stats=self.stats,
            cookie=self.cookie,
            origin_allowed=self.origins.allowed,
            client_address=lambda peer, forwarded: client_address(peer, forwarded, self.trusted),
            minimum_schema=MINIMUM_SCHEMA_VERSION,
        )
        self.documents = DocumentService(
            services.database, services.access, self.attachments, erase=self._erase, changed=self._renamed
        )
        self.factory = DocumentFactory(
            services.database,
            services.access,
            self.attachments,
            self.documents,
            seed=partial(seed, self.log),
            copied=self.texts.copied,
            edited=partial(edited, self.log),
            empty_document=empty_document,
            begun=begun,
            schema_version=SCHEMA_VERSION,
        )
        self.edits = Edits(self.rooms.size_of, self.documents.record)
        self.rooms.write_buffer.on_stored(self.edits.note)

    def _start_upkeep(self) -> None:
        self.log.watch(self._storage_changed)
        self.services.database.on_problem = partial(self.readiness.report, "catalogue")
        self.services.blobs.on_problem = partial(self.readiness.report, "blobs")
        self._watchdog.start()
        self._upkeep.every(SWEEP_SECONDS, self._watchdog.beat)
        self._upkeep.every(SWEEP_SECONDS, self._sweep)
        self._upkeep.every(SWEEP_SECONDS, self.folder_watch.look)
        self._upkeep.every(SWEEP_SECONDS, Exhaustion(partial(self.readiness.report, "descriptors")).check)
        for hang in self._hangs.all:
            self._upkeep.every(SWEEP_SECONDS, hang.check)
        self._upkeep.every(RECORD_SECONDS, self._record)
        self._upkeep.every(SWEEP_SECONDS, self._probe_catalogue)
        self._upkeep.every(SWEEP_SECONDS, self.services.blobs.probe)

    def _application(self) -> FastAPI:
        settings, services = self.settings, self.services
        on, share_of = settings.limited, self.gateway.share_of
        guard = Guard(
            services.access,
            services.key,
            self.cookie,
            settings.secure,
            writes=Rate(WRITES_PER_MINUTE, WRITES_AT_ONCE, enabled=on),
            sign_ins=SignIns(enabled=on),
            set_ups=Attempts(free=FREE_SET_UPS, enabled=on),
            bodies=BodyRoom(person=BODIES_OF_ONE, total=BODIES),
        )
        exchange = Exchange(self.rooms, self.log, lambda: self.gateway.access_changes, share_of)
        api = (
            session_routes.routes(
                services.people,
                services.spaces,
                session_routes.SetupCode(self.setup_code),
                SCHEMA_VERSION,
                settings.pong_timeout,
                self._welcome,
            ),
            account_routes.routes(services.people),
            token_routes.routes(services.people),
            workspace_routes.routes(services.spaces, services.people, settings.public_url),
            document_routes.routes(self.documents, self.factory, services.access, services.spaces, share_of),
            text_routes.routes(self.documents, self.texts, exchange, settings.max_update + SYNC_FRAME),
            sharing_routes.routes(services.access, settings.public_url),
            attachment_routes.routes(self.attachments, settings.attachment_limit),
        )
        node = Node(
            self.stats,
            self.log,
            services.database,
            services.blobs,
            self.rooms,
            self.gateway,
            self.compactor,
            self.replicas,
            lambda: self.texts.converting,
            lambda: self._hangs.log.lasts,
        )
        others = (
            health.routes(self.readiness, readings(node), __version__),
            static.routes(static.BrowserApp(BROWSER_APP)),
        )
        return create_app(guard, api, others, {**ACCOUNT_PROBLEMS, **DOCUMENT_PROBLEMS, **WORKSPACE_PROBLEMS})

    # ------------------------------------------------------------ what services ask of the core

    async def _erase(self, document: str) -> None:
        await self.rooms.drop(document)
        await self.log.erase(document)

    async def _welcome(self, account: str, workspace: str, language: str) -> None:
        await self.factory.create(account, workspace, *welcome_document(language))

    def _renamed(self, document: Document) -> None:
        room = self.rooms.get(document.id)
        if room is not None:
            room.notify({"type": "document", "title": document.title, "version": document.version})

    # ------------------------------------------------------------ upkeep

    def _storage_changed(self, state: Health) -> None:
        self.readiness.report("storage", None if state.ok else state.reason)

    def _log_changed(self, state: Health) -> None:
        self._storage_changed(state)
        self.rooms.storage_changed(state)

    def _watchdog_ended(self, status: int) -> None:
        if count := self._watchdog_ends("ended"):
            _log.warning("the watchdog process ended and is started again", status=status, count=count)

    async def _probe_catalogue(self) -> None:
        """Find out by itself that accounts and lists can be written again."""
        if self.services.database.problem is not None:
            await self.services.database.probe()

    def _contained(self, _: Exception) -> None:
        self.stats.errors += 1

    async def _sweep(self) -> None:
        self.readiness.report("compaction", self.compactor.problem)
        self.gateway.sweep()
        self.rooms.sweep(asyncio.get_running_loop().time())

    async def _check_key(self) -> None:
        """Say so when links were made with another key; what else breaks with it, a reload of the page mends."""
        with suppress(StorageUnavailable):
            if links := await self.services.access.links_of_another_key():
                _log.warning(
                    "the secret key is another than links were made with: those that the app shows open nothing",
                    links=links,
                    advice="stop, and restore secret.key from a backup; or reset each link",
                )

    async def _record(self) -> None:
        """Write down, together, what no request waits for: uses of sessions and dates of documents."""
        await self.services.people.uses.record()
        await self.edits.record()

    async def drain(self) -> None:
        """Stop gracefully: everything accepted is committed, everyone is told to connect again."""
        started, limit = asyncio.get_running_loop().time(), self.settings.shutdown_timeout
        self._stop_by = started + limit
        self.readiness.draining = self.gateway.draining = True
        # Where nothing can be saved, people hear of the stop all the same, and soon.
        await self.rooms.settle(started + min(1.0, limit / 5))
        await self.gateway.drain(min(self.settings.reconnect_window, limit / 4), min(2.0, limit / 10))
        # The rest of the time is for open requests and for the log's last tries.
        if not await self.rooms.settle(started + limit * 0.6):
            _log.error("stopped with unsaved updates; their senders keep them", reason=self.log.health.reason)

    async def close(self) -> None:
        """Close storage; what fails or hangs in one part keeps no other open."""
        async with AsyncExitStack() as parts:
            # Closed from the last line to the first.
            parts.callback(self.services.folder.unlock)
            parts.push_async_callback(self._end, self.services.database.close)
            for child in (self._compactors_child, self.converter, self.identifier):
                parts.push_async_callback(self._end, child.ended)
            parts.callback(self.converter.close)
            parts.callback(self.identifier.close)
            parts.push_async_callback(self._end, self.replicas.close)
            parts.push_async_callback(self._close_log)
            parts.push_async_callback(self._end, self.compactor.close)
            parts.push_async_callback(self._end, self.fanout.close)
            parts.push_async_callback(self._end, self.rooms.close)
            parts.push_async_callback(self._end, self.gateway.close)
            parts.push_async_callback(self._end, self._record)
            parts.callback(self._watchdog.close)
            parts.push_async_callback(self._end, self._upkeep.close)

    @property
    def _left(self) -> float:
        """Seconds that are left of the stop."""
        if self._stop_by is None:
            return self.settings.shutdown_timeout
        return max(0.0, self._stop_by - asyncio.get_running_loop().time())

    async def _end(self, part: Callable[[], Awaitable[None]]) -> None:
        """Close one part in half of the time that is left, so that there is some for the others."""
        try:
            async with asyncio.timeout(self._left / 2):
                await part()
        except TimeoutError:
            _log.error("a part could not be closed in time", part=part.__qualname__)

    async def _close_log(self) -> None:
        try:
            await self.log.close(self._left / 2)
        except StorageUnavailable as error:
            _log.error("the log could not be closed cleanly", error=str(error))
