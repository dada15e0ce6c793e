"""A backup that is made while people write holds what was acknowledged, and can be served."""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pycrdt
import pytest

from conftest import QuireProcess, free_port, quire
from quire.ops import backup
from quire.ops.doctor import machine
from quire.settings import Settings
from quire.sync import wire


class Writer(threading.Thread):
    """Appends words to a document over HTTPS until it is told to stop; `acknowledged` are those that are safe."""

    def __init__(self, server: QuireProcess, document: str) -> None:
        super().__init__(daemon=True)
        self.server, self.document = server, document
        self.acknowledged: list[str] = []
        self.enough, self.stopping = threading.Event(), threading.Event()

    def run(self) -> None:
        doc: pycrdt.Doc = pycrdt.Doc()
        text = doc.get("words", type=pycrdt.Text)
        number = 0
        while not self.stopping.is_set():
            before, word = doc.get_state(), f"<{number}>" + "x" * 3000
            text += word
            body = wire.var_bytes(before) + wire.var_bytes(doc.get_update(before))
            push(self.server, self.document, body)
            self.acknowledged.append(word)
            number += 1
            if number == 60:
                self.enough.set()


def push(server: QuireProcess, document: str, body: bytes) -> bytes:
    request = urllib.request.Request(
        f"{server.url}/api/v1/documents/{document}/sync",
        method="POST",
        data=body,
        headers={"Authorization": f"Bearer {server.token}", "Content-Type": "application/octet-stream"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        content: bytes = answer.read()
    return content


def words(server: QuireProcess, document: str) -> str:
    answer = push(server, document, wire.var_bytes(b"\0") + wire.var_bytes(b""))
    _, at = wire.read_var_bytes(answer, 0)
    update, _ = wire.read_var_bytes(answer, at)
    doc: pycrdt.Doc = pycrdt.Doc()
    doc.apply_update(update)
    return str(doc.get("words", type=pycrdt.Text))


def test_a_backup_made_under_writing_has_all_that_was_acknowledged(
    launch: Callable[..., QuireProcess], tmp_path: Path
) -> None:
    server = launch(snapshot_updates="20", snapshot_bytes="20000")
    document = server.new_document()
    writer = Writer(server, document)
    writer.start()
    assert writer.enough.wait(60)
    deadline = time.monotonic() + 30
    while not server.metric("log_compactions_total"):
        assert time.monotonic() < deadline, "nothing is compacted"
        time.sleep(0.05)
    saved = list(writer.acknowledged)
    copy = tmp_path / "copies" / "today"
    # The document that is made last is listed with its text, too.
    other = server.new_document("Another")
    server.run("backup", str(copy))
    writer.stopping.set()
    writer.join()
    assert server.stop() == 0

    found = machine.examine(Settings(data=copy, port=free_port(), max_sockets=100))
    assert [finding for finding in found if not finding.ok and finding.part != "disk"] == []
    assert [path for path in (copy, *copy.rglob("*")) if path.stat().st_mode & 0o077] == []
    assert list((copy / "blobs" / "archive").rglob("*")) != []
    server.data = copy
    server.environment["QUIRE_DATA"] = str(copy)
    server.start()
    text = words(server, document)
    assert [word for word in saved if word not in text] == []
    assert server.text(other) is not None
    assert server.stop() == 0


@pytest.mark.parametrize("meanwhile", ["deleted for good", "compacted twice"])
def test_files_that_go_while_they_are_copied_are_no_damage(
    launch: Callable[..., QuireProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    server = launch(snapshot_updates="1", snapshot_bytes="1", room_grace="0")
    document = server.new_document()
    doc: pycrdt.Doc = pycrdt.Doc()
    text = doc.get("words", type=pycrdt.Text)
    copy_databases, calls = backup._copy_databases, list[Path]()

    def write_and_compact() -> None:
        nonlocal text
        before, compacted = doc.get_state(), server.metric("log_compactions_total")
        text += random.Random(len(text)).randbytes(300_000 + len(text)).hex()
        push(server, document, wire.var_bytes(before) + wire.var_bytes(doc.get_update(before)))
        deadline = time.monotonic() + 30
        while server.metric("log_compactions_total") == compacted:
            assert time.monotonic() < deadline, "nothing is compacted"
            time.sleep(0.05)

    def slowly(data: Path, target: Path) -> None:
        if not calls:
            write_and_compact()
        copy_databases(data, target)
        calls.append(target)
        if len(calls) > 1:
            return
        if meanwhile == "compacted twice":
            write_and_compact()
            write_and_compact()
        else:
            server.api("DELETE", f"/documents/{document}")
            server.api("DELETE", f"/documents/{document}/forever")

    monkeypatch.setattr(backup, "_copy_databases", slowly)
    copy = tmp_path / "copy"
    backup.back_up(server.data, copy)
    found = machine.examine(Settings(data=copy, port=free_port(), max_sockets=100))
    assert [finding for finding in found if not finding.ok and finding.part not in ("disk", "secret key")] == []


def test_what_cannot_be_backed_up_is_said(launch: Callable[..., QuireProcess], tmp_path: Path) -> None:
    server = launch()
    for folder, target, says in (
        (tmp_path / "nothing", tmp_path / "copy", "is no data folder of Quire"),
        (server.data, tmp_path, "exists already"),
        (server.data, server.data / "copy", "is inside the data folder"),
    ):
        ended = quire("backup", str(target), "--data", str(folder), environment=server.environment)
        assert ended.returncode == 1
        assert says in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "nothing").exists()
    assert not (server.data / "copy").exists()


def test_one_backup_of_a_folder_is_made_at_a_time(launch: Callable[..., QuireProcess], tmp_path: Path) -> None:
    server = launch()
    under_way = os.open(server.data / "secret.key", os.O_RDONLY)
    fcntl.flock(under_way, fcntl.LOCK_EX)
    ended = quire("backup", str(tmp_path / "copy"), environment=server.environment)
    assert ended.returncode == 1
    assert "Another backup" in ended.stderr
    assert not (tmp_path / "copy").exists()
    os.close(under_way)
    server.run("backup", str(tmp_path / "copy"))
    assert (tmp_path / "copy").exists()


def test_what_a_killed_backup_leaves_goes_with_the_next_one(
    launch: Callable[..., QuireProcess], tmp_path: Path
) -> None:
    server, copies = launch(), tmp_path / "copies"
    large = server.data / "blobs" / "large"
    large.parent.mkdir(exist_ok=True)
    with large.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    command = [sys.executable, "-m", "quire.cli", "backup", str(copies / "monday")]
    with subprocess.Popen(command, env=server.environment) as killed:
        deadline = time.monotonic() + 60
        while not any(copies.rglob("large")):
            assert time.monotonic() < deadline, "the backup does not begin"
        killed.kill()
    assert [path.name for path in copies.iterdir()] != ["monday"]
    large.unlink()
    server.run("backup", str(copies / "tuesday"))
    assert [path.name for path in copies.iterdir()] == ["tuesday"]
