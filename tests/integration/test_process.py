"""The command and the serving process: clear words, logs, signals, what is left after a kill."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conftest import EMAIL, PASSWORD, ROOT, QuireProcess, free_port, quire
from rawclient import connected
from stalls import children, family


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return True
    except OSError:
        return False


def serve_into(log: Path, server: QuireProcess, stdout: str = os.devnull, most_files: int | None = None) -> None:
    """Start a server whose log goes to a file."""

    def lower() -> None:
        if most_files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

    with open(log, "w") as err, open(stdout, "w") as out:
        server.process = subprocess.Popen(
            [sys.executable, "-m", "quire.cli", "serve"],
            env=server.environment,
            stdout=out,
            stderr=err,
            preexec_fn=lower,
        )


def until(condition: Callable[[], bool], what: str, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return QuireProcess(tmp_path_factory.mktemp("used") / "data").data


def no_database(folder: Path) -> None:
    (folder / "catalogue.db").write_bytes(b"no database at all " * 300)


def newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("UPDATE alembic_version SET version_num='later'")


def short_key(folder: Path) -> None:
    (folder / "secret.key").write_bytes(b"x")


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (no_database, "cannot be .*damaged"),
        (newer, "written by a newer release"),
        (short_key, "secret.key is damaged"),
        (a_file, "data folder .* cannot be used"),
    ],
)
@pytest.mark.parametrize(
    "arguments", [("user", "create", "bo@example.com", "--password-stdin"), ("token", "create", EMAIL)]
)
def test_a_command_that_cannot_work_says_so_in_a_line(
    used: Path, tmp_path: Path, arguments: tuple[str, ...], damage: Callable[[Path], None], says: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    damage(folder)
    ended = quire(*arguments, "--data", str(folder), text=PASSWORD + "\n")
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert re.search(says, ended.stderr), ended.stderr


def test_a_token_cannot_outlive_the_calendar(used: Path) -> None:
    ended = quire("token", "create", EMAIL, "--expires", "999999999", "--data", str(used))
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert "--expires" in ended.stderr


def test_a_misspelt_setting_is_told_at_the_start_by_every_command(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch(log_format="json", dta="a secret")
    server.run("token", "create", EMAIL)
    checked = quire("doctor", environment=server.environment)
    assert server.stop() == 0
    told = capfd.readouterr().err
    assert '"name": "QUIRE_DTA", "near": "QUIRE_DATA"' in told
    assert "a secret" not in told + checked.stdout
    assert "FAIL settings: QUIRE_DTA is no setting of Quire and has no effect; did you mean QUIRE_DATA?" in (
        checked.stdout
    )


def test_an_unknown_host_is_no_taken_port(tmp_path: Path) -> None:
    ended = quire("serve", "--host", "no.such.host.invalid", "--port", "0", "--data", str(tmp_path / "data"))
    assert ended.returncode == 1
    assert "Choose an address of this machine" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("stdout", "stderr"), [("/dev/full", None), ("/dev/null", "/dev/full"), ("/dev/full", "/dev/full")]
)
def test_output_that_cannot_be_written_stops_nothing(tmp_path: Path, stdout: str, stderr: str | None) -> None:
    server = QuireProcess(tmp_path / "data", log_level="debug")
    serve_into(Path(stderr or tmp_path / "log"), server, stdout)
    try:
        until(lambda: answers(server.port), "it does not serve")
        document = server.new_document()
        assert server.text(document) is not None
        assert server.stop() == 0
    finally:
        server.discard()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_line_of_the_log_is_json_and_tells_of_start_and_stop(tmp_path: Path, sign: signal.Signals) -> None:
    server = QuireProcess(tmp_path / "data", log_level="info")
    serve_into(tmp_path / "log", server)
    try:
        until(lambda: answers(server.port), "it does not serve")
        # uvicorn has something to say about what is no HTTP.
        with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
            raw.sendall(b"no HTTP at all\r\n\r\n")
            assert raw.recv(1000)
        assert server.stop(sign) == 0
    finally:
        server.discard()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    events = {line["event"]: line for line in lines}
    assert events["start"]["version"]
    assert str(server.port) in events["ready"]["address"]
    assert events["stopping"]["signal"] == sign.name
    assert lines[-1]["event"] == "stopped"


LIBRARIES = """
import logging, sys, warnings
from quire.ops import logs
logs.configure("info", "auto")
logging.getLogger("uvicorn.error").warning("from %s", "uvicorn")
warnings.warn("from warnings")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("with a trace")
raise RuntimeError("nobody caught it")
"""


def test_what_libraries_say_is_json_too() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIBRARIES],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert lines[0]["event"] == "from uvicorn"
    assert lines[0]["level"] == "warning"
    assert "from warnings" in lines[1]["event"]
    assert "ZeroDivisionError" in lines[2]["exception"]
    assert "nobody caught it" in lines[3]["exception"]


ORPHAN = """
import os, sys
from quire.concurrency.processes import end_with_parent
end_with_parent(int(sys.argv[1]))
print("still here")
"""


def test_a_child_whose_parent_ended_before_it_could_ask_for_the_signal_ends() -> None:
    def child(parent: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", ORPHAN, str(parent)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    assert child(os.getpid()) == "still here\n"
    assert child(1) == ""


SERVING = """
import asyncio, os, sys
from quire.ops.children import Child
async def main():
    child = Child()
    work = asyncio.ensure_future(child.run(os.getpid))
    if sys.argv[1] == "busy":
        await work
    print("started", flush=True)
    await asyncio.sleep(600)
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["starting", "busy"])
def test_no_child_outlives_a_kill(tmp_path: Path, moment: str) -> None:
    script = tmp_path / "serving.py"
    script.write_text(SERVING)
    mark = f"TEST_MARK={os.getpid()}-{moment}"
    name, _, value = mark.partition("=")
    with subprocess.Popen(
        [sys.executable, str(script), moment],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), name: value},
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        parent.kill()

    def left() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text())
            except OSError:
                continue
        return found

    until(lambda: not left(), "processes are left")


def read_in_a_child(server: QuireProcess, document: str) -> None:
    """Offer a picture that is none and large, which is work for a child process."""
    request = urllib.request.Request(
        f"{server.url}/api/v1/documents/{document}/attachments",
        data=b"\x89PNG" * 50_000,
        headers={"Authorization": f"Bearer {server.token}", "Content-Type": "application/octet-stream"},
    )
    with pytest.raises(urllib.error.HTTPError, match="415"):
        urllib.request.urlopen(request, timeout=20)


COMPLAINT = re.compile(rb"resource_tracker|leaked|Traceback")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_end_of_a_server_with_children_is_quiet(tmp_path: Path, sign: signal.Signals) -> None:
    server = QuireProcess(tmp_path / "data", log_level="info")
    log = tmp_path / "log"
    serve_into(log, server)
    try:
        until(lambda: answers(server.port), "it does not serve")
        document = server.new_document()
        read_in_a_child(server, document)
        busy, processes = children(server, "quire.ops.children"), family(server)
        assert len(busy) == 1
        if sign is not signal.SIGKILL:
            # A terminal and some supervisors tell all of them.
            for process in processes[1:]:
                os.kill(process, sign)
            read_in_a_child(server, document)
            assert children(server, "quire.ops.children") == busy
            assert family(server) == processes
        os.kill(processes[0], sign)
        assert server.process is not None
        assert server.process.wait(40) == (0 if sign is not signal.SIGKILL else -signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes), "processes are left")
    finally:
        server.discard()
    assert COMPLAINT.search(log.read_bytes()) is None, log.read_text()
    assert (b'"stopped"' in log.read_bytes()) is (sign is not signal.SIGKILL)


def test_a_worker_lives_within_a_lower_limit_of_memory() -> None:
    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))

    ended = subprocess.run(
        [sys.executable, "-m", "quire.crdt.worker"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=b"",
        preexec_fn=lower,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_server_without_room_for_its_threads_names_the_limit_of_memory(tmp_path: Path) -> None:
    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (300 * 1024**2, 300 * 1024**2))

    ended = subprocess.run(
        [sys.executable, "-m", "quire.cli", "serve", "--port", "0", "--data", str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        preexec_fn=lower,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1
    assert b"`ulimit -v`" in ended.stderr


def test_a_hang_up_does_not_end_what_nohup_started(tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "quire.cli", "serve", "--port", str(port), "--data", str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as server:
        try:
            until(lambda: answers(port), "it does not serve")
            server.send_signal(signal.SIGHUP)
            assert answers(port)
            server.terminate()
            assert server.wait(40) == 0
        finally:
            server.kill()


def test_running_out_of_file_descriptors_is_told_at_the_start_and_when_it_happens(tmp_path: Path) -> None:
    server = QuireProcess(tmp_path / "data", max_sockets="1000")
    log = tmp_path / "log"
    serve_into(log, server, most_files=100)
    opened: list[socket.socket] = []
    try:
        until(lambda: answers(server.port), "it does not serve")
        assert "too few files may be open for QUIRE_MAX_SOCKETS" in log.read_text()
        assert "LimitNOFILE=1500" in log.read_text()
        opened += [socket.create_connection(("127.0.0.1", server.port)) for _ in range(120)]
        until(lambda: "no file descriptor is left" in log.read_text(), "nothing is said")
        for one in opened:
            one.close()
        until(lambda: answers(server.port), "it does not serve again")
        assert log.read_text().count("no file descriptor is left") == 1
        assert server.stop() == 0
    finally:
        server.discard()


async def test_refused_sockets_are_told_once_in_a_while(tmp_path: Path) -> None:
    server = QuireProcess(tmp_path / "data", max_sockets="1")
    log = tmp_path / "log"
    serve_into(log, server)
    try:
        until(lambda: answers(server.port), "it does not serve")
        async with connected(server, "one"):
            for _ in range(5):
                with pytest.raises(ConnectionRefusedError, match="503"):
                    async with connected(server, "more"):
                        pass
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        (refused,) = [line for line in lines if line["event"] == "sockets refused"]
        assert (refused["status"], refused["count"]) == (503, 1)
        assert server.metric("sync_upgrades_refused_total") == 5
        assert server.stop() == 0
    finally:
        server.discard()
