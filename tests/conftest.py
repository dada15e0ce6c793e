"""Shared fixtures: a real server, as a process on a free port or within this one, with its own data folder."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

import proofs
from nodes import compacting
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.compactor import Compactor
from quire.log.sqlite import SqliteLog
from quire.server.composition import Server
from quire.settings import Settings
from visitors import ADA, Browser

# A busy machine is no fault.
settings.register_profile("quire", deadline=None)
settings.load_profile("quire")

# Started in the background, a shell has these ignored, and every server would inherit that.
for sign in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(sign) is signal.SIG_IGN:
        signal.signal(sign, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
PROVE = os.environ.get("QUIRE_PROVE") == "1"
"""Whether proofs run in full size (`make prove`)."""
PASSWORD = "correct horse battery"
EMAIL = "ada@example.com"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the page on full runs."""
    report = yield
    if PROVE:
        proofs.note(item, report)
    return report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def quire(
    *arguments: str, text: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command `quire` to its end, from the source of this tree unless `environment` says otherwise."""
    return subprocess.run(
        [sys.executable, "-m", "quire.cli", *arguments],
        env=environment or {**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run_quire(environment: Mapping[str, str], *arguments: str, text: str = "") -> str:
    """Run the command `quire`, which must succeed; return what it printed."""
    done = quire(*arguments, text=text + "\n", environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def folder_with_account() -> tuple[tempfile.TemporaryDirectory[str], str]:
    """Make a data folder with Ada's account as an operator would; return it with her token.

    Servers start on copies: making an account takes longer than starting.
    """
    folder = tempfile.TemporaryDirectory(prefix="quire-test-")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "QUIRE_DATA": folder.name}
    run_quire(environment, "user", "create", EMAIL, "--name", "Ada", "--password-stdin", text=PASSWORD)
    return folder, run_quire(environment, "token", "create", EMAIL).strip()


class QuireProcess:
    """`quire serve` as an operator runs it; can be killed and started again on the same data."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.port = data, free_port()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "QUIRE_DATA": str(data),
            "QUIRE_PORT": str(self.port),
            "QUIRE_HOST": "127.0.0.1",
            "QUIRE_LIMITS": "off",
            "QUIRE_LOG_LEVEL": "warning",
            **{f"QUIRE_{name.upper()}": value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None
        folder, self.token = folder_with_account()
        shutil.copytree(folder.name, data, dirs_exist_ok=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, text: str = "") -> str:
        return run_quire(self.environment, *arguments, text=text)

    def start(self) -> QuireProcess:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quire.cli", "serve"], env=self.environment, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                    return self
            except OSError:
                assert self.process.poll() is None, f"quire serve ended with {self.process.returncode}"
                assert time.monotonic() < deadline, "quire serve does not answer"
                time.sleep(0.02)

    def stop(self, signum: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.wait(40)

    def api(self, method: str, path: str, body: object | None = None) -> dict[str, object]:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def text(self, document: str, form: str = "text") -> str:
        request = urllib.request.Request(
            f"{self.url}/api/v1/documents/{document}/content?format={form}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name: str) -> float:
        """Return one figure of `/metrics`, its prefix left out."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            found = re.search(rf"^quire_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found, name
        return float(found[1])

    def new_document(self, title: str = "Test") -> str:
        return str(self.api("POST", "/documents", {"title": title})["id"])

    def discard(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def seed() -> int:
    """Decide what is random in a test. A failure shows it; QUIRE_SEED repeats it."""
    seed = int(os.environ.get("QUIRE_SEED") or random.randrange(2**32))
    print("seed", seed)
    return seed


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., QuireProcess]]:
    """Start servers with chosen settings; they end with the test."""
    started: list[QuireProcess] = []

    def start(**settings: str) -> QuireProcess:
        server = QuireProcess(tmp_path / f"data{len(started)}", **settings)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.discard()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuireProcess]:
    """A running server for all tests of a module; those that stop or break it `launch` their own."""
    server = QuireProcess(tmp_path_factory.mktemp("data"))
    yield server.start()
    server.discard()


def run_node(script: str, *arguments: str, timeout: float = 60) -> str:
    """Run a script of tests/node with the real npm clients of web/node_modules."""
    done = subprocess.run(
        ["node", str(ROOT / "web" / "tests" / "node" / script), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))
    await log.open()
    yield log
    await log.close()


@pytest.fixture
async def compactor(log: SqliteLog) -> AsyncIterator[Compactor]:
    async with compacting(log) as compactor:
        yield compactor


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Server]:
    node = Server(Settings(data=tmp_path / "data"))
    node.app = await node.open()  # type: ignore[attr-defined]
    yield node
    await node.drain()
    await node.close()


@pytest.fixture
def browser(node: Server) -> Browser:
    return Browser(node.app)  # type: ignore[attr-defined]


@pytest.fixture
async def ada(node: Server) -> Browser:
    browser = Browser(node.app)  # type: ignore[attr-defined]
    await browser.enter("/setup", ADA)
    return browser
