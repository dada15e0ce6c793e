"""A start that cannot work says what is wrong and what to do, and changes nothing."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conftest import ROOT
from quire.folder import CannotStart
from quire.server import Server
from quire.settings import Settings


async def started_once(folder: Path) -> None:
    node = Server(Settings(data=folder))
    await node.open()
    await node.close()


def garbage(name: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        for leftover in folder.glob(f"{name}-*"):
            leftover.unlink()
        (folder / name).write_bytes(b"not a database at all. " * 300)

    return work


def newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "log.db")) as log:
        log.execute("PRAGMA user_version=99")


def newer_catalogue(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("UPDATE alembic_version SET version_num='from_the_future'")


def short_key(folder: Path) -> None:
    (folder / "secret.key").write_bytes(b"x")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (garbage("log.db"), "log.db cannot be opened: the database file is damaged.*backup"),
        (garbage("catalogue.db"), "catalogue.db cannot be opened: the database file is damaged.*backup"),
        (newer, "log.db was written by a newer release"),
        (newer_catalogue, "catalogue.db was written by a newer release"),
        (short_key, "secret.key is damaged.*backup"),
    ],
)
async def test_what_is_damaged_is_named_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    await started_once(tmp_path)
    damage(tmp_path)
    names = ("log.db", "catalogue.db", "secret.key")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    with pytest.raises(CannotStart, match=says):
        await Server(Settings(data=tmp_path)).open()
    assert {name: (tmp_path / name).read_bytes() for name in names} == before


def test_a_data_folder_that_is_a_file_is_no_port_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotStart, match=r"data folder .*file cannot be used.*--data"):
        Server(Settings(data=tmp_path / "file"))


def test_a_taken_port_is_said_on_the_command_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "quire.cli", "serve", "--port", str(port), "--data", str(tmp_path / "data")],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert "\n".join(said) == (
        f"Cannot listen on 127.0.0.1:{port} (Address already in use). "
        "Choose another with --host and --port, or stop what uses it."
    )
