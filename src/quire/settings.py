"""All settings of a node, read from the environment (`QUIRE_…`) and the command line."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, computed_field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from quire.validation import reason_of

KIB = 1024
MIB = 1024 * KIB


PREFIX: Final = "QUIRE_"
OF_TOOLS: Final = frozenset(
    PREFIX + name
    for name in (
        "BENCH_FOLDER",
        "CHROMIUM",
        "IMAGES",
        "PROVE",
        "PYTHON",
        "SECONDS",
        "SEED",
        "SKIP_WEB_BUILD",
        "TOKEN",
        "TRACES",
        "URL",
    )
)
"""Variables of the build, the tests, the bench and the examples in the documentation."""
ZERO_MEANS_NONE: Final = frozenset(
    {
        "port",
        "room_grace",
        "tick_base",
        "tick_per_socket",
        "tick_max",
        "reconnect_window",
        "shutdown_timeout",
        "watchdog",
    }
)
NOT_ABOVE: Final = (
    ("max_update", "max_frame", "an update comes in one message"),
    ("attachment_limit", "attachments_per_document", "one attachment must fit in"),
    ("attachments_per_document", "attachments_per_workspace", "a document is a part of its workspace"),
    ("document_warn", "document_limit", "the warning comes before the refusal"),
    ("unsaved_room_limit", "unsaved_limit", "one room's share cannot be more than the node's"),
    ("document_limit", "outbound_limit", "a document is sent whole to whoever opens it"),
    ("outbound_high", "outbound_limit", "what is over the mark comes before what is too much"),
    ("outbound_limit", "outbound_budget", "one buffer must fit in"),
    ("max_frame", "inbound_budget", "one message must fit in"),
    ("tick_base", "tick_max", "the window grows from the one to the other"),
    ("ping_interval", "pong_timeout", "a peer that has nothing to say is heard only when it is pinged"),
)


MOST_SIZE: Final = 2**53
MOST_SECONDS: Final = 10 * 365 * 86_400
"""Beyond these a database or a timer of the system fails, and no setting means anything."""
NO_NUMBER: Final = {
    "int_parsing": "it must be a whole number (sizes are bytes), without a unit",
    "float_parsing": "it must be a number (times are seconds), without a unit",
}
LEAST_WATCHDOG: Final = 0.1
"""Less would end a server that is well."""


class Proxies:
    """The addresses whose word on where a request comes from is believed."""

    def __init__(self, text: str) -> None:
        """Read addresses and networks, comma-separated; raises `ValueError` that names the one that is neither."""
        self._networks = []
        for part in (part.strip() for part in text.split(",")):
            try:
                if part:
                    self._networks.append(ipaddress.ip_network(part))
            except ValueError as error:
                raise ValueError(f"{part!r} is no address or network like 10.0.0.0/8 ({error})") from None

    def __contains__(self, address: object) -> bool:
        try:
            parsed = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        # A socket for both families shows an address of IPv4 as one of IPv6.
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self._networks)


class SettingsError(ValueError):
    """Settings that cannot be used; one line for each, naming the variable."""


class Settings(BaseSettings):
    """Settings of one node. Sizes are bytes, times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", allow_inf_nan=False)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port for HTTP and sockets; 0 takes a free one.")
    data: Path = Field(Path("data"), description="Folder of the embedded storage.")
    public_url: str | None = Field(
        None, description="Address that people use, e.g. https://docs.example.org; set it behind a proxy."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Addresses or networks whose X-Forwarded-For is believed, comma-separated."
    )
    limits: Literal["on", "off"] = Field("on", description="Whether rate limits apply; lift them for benchmarks only.")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="Form of the log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    max_frame: int = Field(16 * MIB, description="Largest WebSocket message accepted.")
    max_update: int = Field(12 * MIB, description="Largest single CRDT update accepted.")
    max_presence: int = Field(8 * KIB, description="Largest presence state of one client.")
    document_warn: int = Field(24 * MIB, description="Encoded document size at which writers are warned.")
    document_limit: int = Field(32 * MIB, description="Encoded document size at which growth is refused.")
    max_sockets: int = Field(12_000, description="Open sockets on this node.")
    max_sockets_per_account: int = Field(
        200, description="Open sockets of one account, or of one address with one link."
    )
    max_sockets_per_address: int = Field(2_000, description="Open sockets from one address.")
    max_cursors_per_account: int = Field(
        100, description="Cursors of one account, or of one address with one link, that one document shows."
    )
    max_documents_per_socket: int = Field(100, description="Documents open on one socket.")
    socket_messages_per_second: int = Field(200, description="Sustained inbound messages of one socket.")
    socket_bytes_per_second: int = Field(2 * MIB, description="Sustained inbound bytes of one socket.")
    bytes_per_hour_per_account: int = Field(
        1024 * MIB,
        ge=1,
        description="Bytes that one account, or one address with one link, may send or copy in an hour: all that is "
        "written is kept, also when it is deleted again.",
    )
    password_queue: int = Field(64, ge=1, description="Passwords that may wait to be checked before more are refused.")
    connects_per_minute: int = Field(600, description="Socket upgrades from one address.")
    requests_per_minute: int = Field(
        3_000,
        description="HTTP requests from one address, after a burst of a third of it; pages, files of the app and "
        "exchanges over HTTPS count a tenth.",
    )

    max_connections: int = Field(8_000, description="Open HTTP connections on this node, besides sockets.")
    max_connections_per_address: int = Field(
        1_000, description="Open HTTP connections from one address; a trusted proxy may have any number."
    )
    request_head_time: float = Field(10.0, description="Seconds for a request line and its headers to arrive.")
    request_idle_time: float = Field(15.0, description="Seconds that a connection may wait for its next request.")
    request_body_time: float = Field(30.0, description="Seconds for which a request body may come in too slowly.")
    request_body_rate: int = Field(2 * KIB, description="Least bytes a second of a request body, after that time.")

    room_grace: float = Field(30.0, description="Seconds that an empty room stays in memory.")
    room_budget: int = Field(512 * MIB, description="Memory for live documents; least recently used leave first.")
    heavy_document: int = Field(MIB, description="Encoded size from which a live copy moves to a worker process.")
    heavy_update: int = Field(128 * KIB, description="Update size from which it is proved in a worker process.")
    crdt_workers: int = Field(1, ge=1, le=64, description="Worker processes for heavy documents.")
    conversions: int = Field(16, ge=1, description="Large documents that may wait to be turned into text or HTML.")
    unsaved_limit: int = Field(64 * MIB, description="Uncommitted bytes on this node before rooms turn read-only.")
    unsaved_room_limit: int = Field(16 * MIB, description="Uncommitted bytes of one room before it turns read-only.")

    tick_base: float = Field(0.0005, description="Coalescing window of a quiet room.")
    tick_per_socket: float = Field(0.000022, description="Growth of the window with each socket of the room.")
    tick_max: float = Field(0.015, description="Longest coalescing window.")
    beacon: float = Field(5.0, description="Seconds between a document's beacons while several nodes have it open.")
    outbound_high: int = Field(256 * KIB, description="Outbound buffer at which a socket stops getting increments.")
    outbound_limit: int = Field(64 * MIB, description="Outbound buffer at which a socket is closed at once.")
    outbound_budget: int = Field(
        512 * MIB,
        description="Outbound buffers of all sockets together, and of all HTTP answers: over it those of whoever has "
        "most are closed, once a second.",
    )
    outbound_time: float = Field(
        30.0, description="Seconds a socket may stay over `QUIRE_OUTBOUND_HIGH` before it is closed."
    )
    inbound_budget: int = Field(
        512 * MIB,
        description="Messages of all sockets that are still coming in, together: over it those of whoever has most "
        "are closed, at once.",
    )
    ping_interval: float = Field(15.0, description="Seconds between pings; below common proxy idle limits.")
    pong_timeout: float = Field(25.0, description="Seconds without any frame after which a peer counts as dead.")
    access_review: float = Field(60.0, description="Seconds after which an open document's access is asked for again.")
    auth_timeout: float = Field(10.0, description="Seconds a socket may stay open without signing in.")
    watchdog: float = Field(20.0, description="Seconds of work without an answer after which the server ends itself.")
    shutdown_timeout: float = Field(25.0, description="Deadline of a graceful stop.")
    reconnect_window: float = Field(5.0, description="Seconds over which a stop spreads the closes of its sockets.")

    snapshot_updates: int = Field(500, description="Updates since the last snapshot that trigger compaction.")
    snapshot_bytes: int = Field(256 * KIB, description="Bytes since the last snapshot that trigger compaction.")

    attachment_limit: int = Field(20 * MIB, description="Largest attachment.")
    attachments_per_document: int = Field(500 * MIB, description="Bytes of all attachments of one document.")
    attachments_per_workspace: int = Field(20_480 * MIB, description="Bytes of all attachments of one workspace.")

    @field_validator("host")
    @classmethod
    def _host(cls, host: str) -> str:
        host = host.strip()
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        if not host:
            raise ValueError("it must be an address of this machine; 0.0.0.0 is all of them")
        return host

    @field_validator("data", mode="before")
    @classmethod
    def _data(cls, data: str | Path) -> Path:
        if not str(data).strip():
            raise ValueError("it must be a folder")
        try:
            return Path(data).expanduser()
        except RuntimeError:
            raise ValueError("there is no such user's folder") from None

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        example = "it must be one address like https://docs.example.org"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(example)
        if re.search(r"[\s,;\\]", url):
            raise ValueError(example)
        if not parts.hostname.isascii():
            raise ValueError("it must have its name as browsers send it, in ASCII (xn--…)")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError(f"its port must be a number up to 65535; {example}") from None
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(f"Quire is served at the root of a host, without a path; {example}")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, text: str) -> str:
        Proxies(text)
        return text

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            least = 0 if name in ZERO_MEANS_NONE else None
            if isinstance(value, int | float) and (value < 0 or (value == 0 and least is None)):
                raise ValueError(f"{variable(name)} is {value}; it must be {'0 or more' if least == 0 else 'above 0'}")
            most = MOST_SECONDS if isinstance(value, float) else MOST_SIZE
            if isinstance(value, int | float) and value > most:
                raise ValueError(f"{variable(name)} is {value}; it must be at most {most}")
        if 0 < self.watchdog < LEAST_WATCHDOG:
            raise ValueError(f"QUIRE_WATCHDOG is {self.watchdog}; it must be at least {LEAST_WATCHDOG}, or 0 for none")
        for lower, upper, why in NOT_ABOVE:
            if getattr(self, lower) > getattr(self, upper):
                raise ValueError(
                    f"{variable(lower)} is {getattr(self, lower)}, more than {variable(upper)} "
                    f"({getattr(self, upper)}); {why}"
                )
        return self

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
    def proxies(self) -> Proxies:
        """Which peers are trusted proxies."""
        return Proxies(self.trusted_proxies)

    @property
    def secure(self) -> bool:
        """Whether people reach this node over https."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    @property
    def limited(self) -> bool:
        """Whether rate limits apply."""
        return self.limits == "on"


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def read_settings(**given: object) -> Settings:
    """Read the environment; what is `given` (and not None) comes first. Raises `SettingsError`."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            text = NO_NUMBER.get(problem["type"], reason_of(problem))
            name = "_".join(str(part) for part in problem["loc"])
            lines.append(f"{variable(name)} is {problem['input']!r}: {text[:1].lower() + text[1:]}" if name else text)
        raise SettingsError("\n".join(lines)) from None


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """A variable of the environment that looks like a setting and is none."""

    name: str
    near: str | None
    """The setting that was meant perhaps."""

    def __str__(self) -> str:
        meant = f"; did you mean {self.near}?" if self.near else ""
        return f"{self.name} is no setting of Quire and has no effect{meant}"


def unknown_variables(environment: Iterable[str]) -> Iterator[UnknownVariable]:
    """Yield the variables, by name, that look like a setting and are none; never what they are set to."""
    known = {variable(name) for name in Settings.model_fields}
    ours = known | OF_TOOLS
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in ours:
            yield UnknownVariable(name, next(iter(difflib.get_close_matches(name.upper(), known, 1, 0.8)), None))
