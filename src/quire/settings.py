"""All settings of a node, read from the environment (`QUIRE_…`) and the command line."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

KIB = 1024
MIB = 1024 * KIB


class Settings(BaseSettings):
    """Settings of one node. Sizes are bytes, times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="QUIRE_", extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port for HTTP and sockets; 0 takes a free one.")
    data: Path = Field(Path("data"), description="Folder of the embedded storage.")
    public_url: str | None = Field(
        None, description="Address that people use, e.g. https://docs.example.org; set it behind a proxy."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Addresses whose X-Forwarded-For is believed, comma-separated."
    )
    limits: Literal["on", "off"] = Field("on", description="`off` lifts the rate limits, for benchmarks only.")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="Form of the log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    max_frame: int = Field(16 * MIB, description="Largest WebSocket message accepted.")
    max_update: int = Field(12 * MIB, description="Largest single CRDT update accepted.")
    max_presence: int = Field(8 * KIB, description="Largest presence state of one client.")
    document_warn: int = Field(24 * MIB, description="Encoded document size at which writers are warned.")
    document_limit: int = Field(32 * MIB, description="Encoded document size at which growth is refused.")
    max_sockets: int = Field(12_000, description="Open sockets on this node.")
    max_sockets_per_account: int = Field(200, description="Open sockets of one account or link visitor.")
    max_sockets_per_address: int = Field(2_000, description="Open sockets from one address.")
    max_documents_per_socket: int = Field(100, description="Documents open on one socket.")
    socket_messages_per_second: int = Field(200, description="Sustained inbound messages of one socket.")
    socket_bytes_per_second: int = Field(2 * MIB, description="Sustained inbound bytes of one socket.")
    connects_per_minute: int = Field(600, description="Socket upgrades from one address.")

    room_grace: float = Field(30.0, description="Seconds that an empty room stays in memory.")
    room_budget: int = Field(512 * MIB, description="Memory for live documents; least recently used leave first.")
    heavy_document: int = Field(MIB, description="Encoded size from which a live copy moves to a worker process.")
    heavy_update: int = Field(128 * KIB, description="Update size from which it is proved in a worker process.")
    crdt_workers: int = Field(1, ge=1, description="Worker processes for heavy documents.")
    conversions: int = Field(16, ge=1, description="Large documents that may wait to be turned into text or HTML.")
    unsaved_limit: int = Field(64 * MIB, description="Uncommitted bytes on this node before rooms turn read-only.")
    unsaved_room_limit: int = Field(16 * MIB, description="Uncommitted bytes of one room before it turns read-only.")

    tick_base: float = Field(0.0005, description="Coalescing window of a quiet room.")
    tick_per_socket: float = Field(0.000024, description="Growth of the window with each socket of the room.")
    tick_max: float = Field(0.02, description="Longest coalescing window.")
    beacon: float = Field(5.0, description="Seconds between a document's beacons while several nodes have it open.")
    outbound_high: int = Field(256 * KIB, description="Outbound buffer at which a socket stops getting increments.")
    outbound_time: float = Field(30.0, description="Seconds a socket may stay over that mark before it is closed.")
    ping_interval: float = Field(15.0, description="Seconds between pings; below common proxy idle limits.")
    pong_timeout: float = Field(25.0, description="Seconds without any frame after which a peer counts as dead.")
    auth_timeout: float = Field(10.0, description="Seconds a socket may stay open without signing in.")
    shutdown_timeout: float = Field(25.0, description="Deadline of a graceful stop.")
    reconnect_window: float = Field(5.0, description="Seconds over which a stop spreads the closes of its sockets.")

    snapshot_updates: int = Field(500, description="Updates since the last snapshot that trigger compaction.")
    snapshot_bytes: int = Field(256 * KIB, description="Bytes since the last snapshot that trigger compaction.")

    attachment_limit: int = Field(20 * MIB, description="Largest attachment.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def loopback_only(self) -> bool:
        """Whether only this machine can reach the listener."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Whether people reach this node over https."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    @property
    def limited(self) -> bool:
        """Whether rate limits apply."""
        return self.limits == "on"
