"""A start that cannot work says what is wrong and what to do, and changes nothing."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import quire
from quire.cli import app
from quire.ops.folder import CannotStart, DataFolder
from quire.server.composition import Server
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


def without(name: str, table: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        with closing(sqlite3.connect(folder / name)) as database, database:
            database.execute(f"DROP TABLE {table}")

    return work


def swapped(folder: Path) -> None:
    log, catalogue = folder / "log.db", folder / "catalogue.db"
    for path in (log, catalogue):
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = log.read_bytes()
    log.write_bytes(catalogue.read_bytes())
    catalogue.write_bytes(content)


def short_key(folder: Path) -> None:
    (folder / "secret.key").write_bytes(b"x")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (garbage("log.db"), "log.db cannot be opened: the database file is damaged.*backup"),
        (garbage("catalogue.db"), "catalogue.db cannot be opened: the database file is damaged.*backup"),
        (newer, "log.db was written by a newer release"),
        (newer_catalogue, "catalogue.db was written by a newer release"),
        (without("log.db", "leases"), "log.db is not the database .*no table leases.*backup"),
        (without("catalogue.db", "visits"), "catalogue.db is not the database .*no table visits.*backup"),
        (swapped, "catalogue.db is not the database .*tables of something else.*backup"),
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


def on_folder(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return quire(*arguments, "--data", str(folder), text=text)


def tables(path: Path) -> int:
    with closing(sqlite3.connect(path)) as catalogue:
        (number,) = catalogue.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(number)


def test_a_command_changes_no_schema_under_a_running_server(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.lock()
    create = ("user", "create", "ada@example.com", "--password-stdin")
    refused = on_folder(tmp_path, *create, text="correct horse battery\n")
    assert refused.returncode == 1
    assert "is served by an older release of Quire" in refused.stderr
    assert tables(tmp_path / "catalogue.db") == 0
    folder.unlock()
    assert on_folder(tmp_path, *create, text="correct horse battery\n").returncode == 0
    folder.lock()
    made = on_folder(tmp_path, "token", "create", "ada@example.com")
    assert made.stdout.startswith("quire_pat_"), made.stderr
    newer_catalogue(tmp_path)
    refused = on_folder(tmp_path, "token", "create", "ada@example.com")
    assert refused.returncode == 1
    assert "was written by a newer release" in refused.stderr


def test_first_starts_at_one_moment_agree_on_the_key(tmp_path: Path) -> None:
    for attempt in range(50):
        folder = DataFolder(tmp_path / str(attempt))
        together = threading.Barrier(8)

        def start(folder: DataFolder = folder, together: threading.Barrier = together) -> bytes:
            together.wait()
            return folder.key()

        with ThreadPoolExecutor(8) as starts:
            keys = [started.result() for started in [starts.submit(start) for _ in range(8)]]
        assert len(set(keys)) == 1
        assert [path.name for path in folder.path.iterdir()] == ["secret.key"]
        assert (folder.path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_said_on_the_command_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = on_folder(tmp_path / "data", "serve", "--port", str(port))
    assert ended.returncode == 1
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert "\n".join(said) == (
        f"Cannot listen on 127.0.0.1:{port} (Address already in use). "
        "Choose another with --host and --port, or stop what uses it."
    )
    assert not (tmp_path / "data").exists()


def test_an_empty_name_of_a_folder_is_not_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (["serve", "--port", "0"], ["user", "create", "ada@example.com", "--password-stdin"]):
        ended = quire(*arguments, "--data", "", text="correct horse battery\n")
        assert ended.returncode == 1
        assert "QUIRE_DATA is '': it must be a folder" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_token_is_made_in_a_folder_that_is_there(tmp_path: Path) -> None:
    refused = on_folder(tmp_path / "typo", "token", "create", "ada@example.com")
    assert refused.returncode == 1
    assert re.search(r"typo is no data folder of Quire.*--data", refused.stderr)
    assert not (tmp_path / "typo").exists()


def test_a_new_account_is_said_with_its_folder_and_its_place(tmp_path: Path) -> None:
    for email, place in (("ada@example.com", "first account"), ("bob@example.com", "member")):
        made = on_folder(tmp_path, "user", "create", email, "--password-stdin", text="correct horse battery\n")
        assert re.search(rf"{email} in {tmp_path}: .*{place}", made.stdout), made.stderr
    unknown = on_folder(tmp_path, "token", "create", "eve@example.com")
    assert re.search(rf"no account .* eve@example.com in {tmp_path}.*quire user create", unknown.stderr)


@pytest.mark.parametrize(
    ("password", "name", "says"),
    [
        ("short", "Ada", "password .* at least 10 characters"),
        ("x" * 201, "Ada", "password .* at most 200 characters"),
        ("\udcff" * 12, "Ada", "password .* no text in UTF-8"),
        ("correct horse battery", "x" * 101, "name .* at most 100 characters"),
        ("correct horse battery", "Ada\nBob", "name .* control characters"),
        ("correct horse battery", " ", "name .* at least 1 character"),
    ],
)
def test_an_account_that_the_app_would_not_take_is_not_made_by_the_command(
    tmp_path: Path, password: str, name: str, says: str
) -> None:
    ended = CliRunner().invoke(
        app,
        ["user", "create", "ada@example.com", "--name", name, "--password-stdin", "--data", str(tmp_path / "data")],
        input=password.encode(errors="surrogateescape"),
    )
    assert ended.exit_code == 1
    assert re.search(rf"The {says}\. No account was made\.", ended.output), ended.output
    assert not (tmp_path / "data").exists()


def test_a_token_whose_name_the_app_would_not_take_is_not_made(tmp_path: Path) -> None:
    made = on_folder(tmp_path, "user", "create", "ada@example.com", "--password-stdin", text="correct horse battery\n")
    assert made.returncode == 0
    for name in ("", "x" * 101, "a\tb"):
        refused = on_folder(tmp_path, "token", "create", "ada@example.com", "--name", name)
        assert (refused.returncode, refused.stdout) == (1, ""), name
        assert re.search(r"The name cannot be used: .*characters?\. No token was made\.", refused.stderr)


def test_a_password_that_is_typed_in_two_ways_makes_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["correct horse battery", "correct horse batterie", *["correct horse battery"] * 2])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    for code, says in ((1, "passwords differ"), (0, "Created ada@example.com")):
        ended = CliRunner().invoke(app, ["user", "create", "ada@example.com", "--data", str(tmp_path / "data")])
        assert (ended.exit_code, says in ended.output) == (code, True), ended.output


def test_where_nobody_can_be_asked_for_a_password_the_way_without_a_prompt_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", closed)
    ended = CliRunner().invoke(app, ["user", "create", "ada@example.com", "--data", str(tmp_path / "data")])
    assert (ended.exit_code, "--password-stdin" in ended.output) == (1, True), ended.output
    assert not (tmp_path / "data").exists()


async def test_a_key_that_is_gone_is_not_made_anew_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await started_once(tmp_path)
    assert "secret key" not in capsys.readouterr().out
    (tmp_path / "secret.key").unlink()
    await started_once(tmp_path)
    assert "the secret key is gone and is made anew" in capsys.readouterr().out
