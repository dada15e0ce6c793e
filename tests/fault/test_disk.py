"""A disk that is full or read-only while people write: they are told, nothing stops, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from conftest import EMAIL, PASSWORD, ROOT, QuireProcess, quire
from faultydisk import faulty_disk
from person import Person, agreed
from quire.blobs.folder import FolderBlobs
from quire.ops.doctor import machine
from quire.ops.folder import CannotStart, DataFolder
from quire.settings import Settings
from quire.storage.failure import reason_of
from stalls import until
from visitors import picture

privileged = pytest.mark.skipif(os.geteuid() != 0, reason="making a disk full or read-only needs root")
PAD = "y" * 4000
ROOM_LIMIT = 300_000


class SmallDisk:
    """A disk of 24 MB that another program fills."""

    reason = "the disk is full"
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def break_down(self) -> None:
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def mend(self) -> None:
        self._filler.unlink()


class LockedDisk:
    """A folder in which no file can be written, those that are open included (ext4's immutable flag)."""

    reason = "the disk is read-only"
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _mark(self, flag: str) -> None:
        names = [str(path) for path in [self.folder, *self.folder.rglob("*")] if not path.name.endswith("-shm")]
        subprocess.run(["chattr", flag, *names], check=True)

    def break_down(self) -> None:
        self._mark("+i")

    def mend(self) -> None:
        self._mark("-i")


class PretendedDisk:
    """A disk whose writes fail for want of room: as the small one, where nothing may be mounted."""

    reason = "the disk is full"

    def __init__(self, folder: Path) -> None:
        self._full = folder / "full"
        self.environment = {**faulty_disk(folder, folder / "data"), "DISK_FULL": str(self._full)}

    def break_down(self) -> None:
        self._full.touch()

    def mend(self) -> None:
        self._full.unlink()


Disk = SmallDisk | LockedDisk | PretendedDisk
Kind = Callable[[Path], AbstractContextManager[Disk]]


@contextmanager
def pretended_disk(folder: Path) -> Iterator[PretendedDisk]:
    yield PretendedDisk(folder)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def locked_disk(folder: Path) -> Iterator[LockedDisk]:
    probe = folder / "probe"
    with probe.open("wb", buffering=0) as file:
        if subprocess.run(["chattr", "+i", str(probe)], capture_output=True, check=False).returncode:
            pytest.skip("this file system has no immutable flag")
        with suppress(OSError):
            file.write(b"x")
        subprocess.run(["chattr", "-i", str(probe)], check=True)
    if probe.stat().st_size:
        pytest.skip("the immutable flag does not bind files that are open here")
    disk = LockedDisk(folder)
    try:
        yield disk
    finally:
        disk.mend()


@contextmanager
def served(kind: Kind, tmp_path: Path, **settings: str) -> Iterator[tuple[QuireProcess, Disk]]:
    """Serve a data folder on a disk of this kind."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with kind(folder) as disk:
        server = QuireProcess(folder / "data", **settings)
        server.environment |= disk.environment
        try:
            yield server.start(), disk
        finally:
            server.discard()


def ready(server: QuireProcess) -> dict[str, object]:
    with urllib.request.urlopen(f"{server.url}/readyz", timeout=5) as answer:
        body: dict[str, object] = json.load(answer)
        return body


@pytest.mark.fm("FM-061")
@pytest.mark.parametrize(
    "kind", [pretended_disk, pytest.param(small_disk, marks=privileged), pytest.param(locked_disk, marks=privileged)]
)
async def test_people_write_on_are_told_and_lose_nothing(
    tmp_path: Path, kind: Kind, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(kind, tmp_path, unsaved_room_limit=str(ROOM_LIMIT)) as (server, disk):
        document = server.new_document()
        author, other = Person("author", server, document), Person("other", server, document)
        async with author.online(), other.online():
            await author.start("before ")
            await other.until(lambda: other.ready, "the paragraph")
            disk.break_down()
            words = [f"word{number}" for number in range(40)]
            for word in words:
                author.insert(len(author.text), f"{word} {PAD} ")
            await other.until(lambda: words[-1] in other.text, "the words, although nothing can be stored")
            # Everybody is told why: the writers, /readyz, the metric, the log.
            told = {"type": "storage", "ok": False, "reason": disk.reason}
            for person in (author, other):
                await person.until(lambda person=person: told in person.told, "not saved, and why")
            assert author.unsaved == len(words)
            assert await asyncio.to_thread(ready, server) == {
                "status": "degraded",
                "problems": {"storage": disk.reason},
            }
            assert await asyncio.to_thread(server.metric, "log_healthy") == 0
            # At the limit the room takes no more and says so; what is refused stays with its author.
            late = 0
            while author.refused == 0:
                words.append(f"late{late}")
                author.insert(len(author.text), f"{words[-1]} {PAD} ")
                late += 1
                await asyncio.sleep(0.005)
                assert late * len(PAD) < 2 * ROOM_LIMIT
            await author.until(lambda: any(note.get("reason") == "storage" for note in author.told), "refused")
            # A small edit after a refused one fits in, and builds on what the server does not have.
            words.append("tiny")
            author.insert(len(author.text), "tiny ")
            assert server.process is not None
            assert server.process.poll() is None
            unsaved_room = await asyncio.to_thread(server.metric, "unsaved_bytes")
            assert ROOM_LIMIT * 7 // 8 - 2 * len(PAD) < unsaved_room <= ROOM_LIMIT * 7 // 8
            disk.mend()
            # The author is asked to come again and offer what was refused.
            await author.cut_off()
            await until(lambda: ready(server)["status"] == "ready", "ready again")
            assert await asyncio.to_thread(server.metric, "log_healthy") == 1
        async with author.online(), other.online():
            await author.saved()
            await agreed(author, other)
        server.stop(signal.SIGKILL)
        server.start()
        stored = server.text(document)
        assert [word for word in words if f"{word} " not in stored + " "] == []
    log = capfd.readouterr().err
    assert "updates cannot be saved" in log
    assert disk.reason in log


def asked(
    server: QuireProcess, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, object]:
    """Return the status and the problem's code of one request."""
    request = urllib.request.Request(
        f"{server.url}/api/v1{path}",
        method=method,
        data=body,
        headers={
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        assert error.headers["Content-Type"] == "application/problem+json", path
        return error.code, json.loads(error.read()).get("code")


def signed_in(server: QuireProcess) -> dict[str, str]:
    """Return what a browser sends along once somebody has signed in with it."""
    form = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{server.url}/api/v1/session", data=form, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return {"Authorization": "", "Cookie": cookie, "X_CSRF_Token": json.load(answer)["csrf_token"]}


def by_browser(server: QuireProcess, path: str, browser: dict[str, str], body: object = None) -> dict[str, object]:
    """Return the answer to a request that a browser makes while all is well."""
    headers = {name.replace("_", "-"): value for name, value in browser.items()} | {"Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}/api/v1{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, object] = json.load(answer)
        return found


@pytest.mark.fm("FM-061")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (pretended_disk, 507),
        pytest.param(small_disk, 507, marks=privileged),
        pytest.param(locked_disk, 503, marks=privileged),
    ],
)
async def test_what_cannot_be_changed_says_so_and_reading_goes_on_until_the_disk_is_mended(
    tmp_path: Path, kind: Kind, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(kind, tmp_path) as (server, disk):
        documents = [server.new_document(f"Title {number}") for number in range(2)]
        one = documents[0]
        picture = (ROOT / "web/public/icon-192.png").read_bytes()
        title = json.dumps({"title": "T" * 200}).encode()
        sign_in = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
        # The last use of the token is due to be written with the next request.
        with closing(sqlite3.connect(server.data / "catalogue.db", timeout=20)) as catalogue, catalogue:
            catalogue.execute("UPDATE api_tokens SET last_used_at=1")
        disk.break_down()
        changes = [
            ("POST", "/documents", title, {}),
            ("PATCH", f"/documents/{one}", title, {"If_Match": "*"}),
            ("PUT", f"/documents/{one}/link", b'{"role": "editor"}', {}),
            ("DELETE", f"/documents/{documents[1]}", None, {}),
            ("POST", f"/documents/{one}/attachments", picture, {"Content_Type": "application/octet-stream"}),
            ("POST", "/session", sign_in, {"Authorization": ""}),
        ]
        for method, path, body, headers in changes:
            disk.break_down()
            answer = await asyncio.to_thread(asked, server, method, path, body, **headers)
            # On a full disk SQLite finds room for a small change in its own files, now and then.
            fits = status == 507 and answer[0] < 300 and body != picture and path != "/documents"
            assert fits or answer == (status, "storage"), (method, path)
            for read in ("/documents", f"/documents/{one}", f"/documents/{one}/content?format=text"):
                assert await asyncio.to_thread(asked, server, "GET", read) == (200, None), read
        if kind is locked_disk:
            # New folders and files that are open fail in different ways.
            wrong = {"catalogue": disk.reason, "blobs": "the server's user has no right to its files"}
            await until(lambda: ready(server)["problems"] == wrong, "what is wrong")
            for part in ("catalogue", "blobs"):
                assert await asyncio.to_thread(server.metric, f"{part}_healthy") == 0
        disk.mend()
        # Nobody has to try: it is found out.
        await until(lambda: ready(server)["status"] == "ready", "ready again")
        for part in ("catalogue", "blobs"):
            assert await asyncio.to_thread(server.metric, f"{part}_healthy") == 1
        assert str(server.api("GET", f"/documents/{one}")["title"]) in ("Title 0", "T" * 200)
        for method, path, body, headers in changes:
            assert (await asyncio.to_thread(asked, server, method, path, body, **headers))[0] in (
                200,
                201,
                204,
                404,
            )
    log = capfd.readouterr().err
    assert "the catalogue cannot be used" in log
    assert disk.reason in log


@pytest.mark.fm("FM-061")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        pytest.param(small_disk, 507, marks=privileged),
        pytest.param(locked_disk, 503, marks=privileged),
    ],
)
async def test_accounts_tokens_and_invitations_say_so_too(tmp_path: Path, kind: Kind, status: int) -> None:
    with served(kind, tmp_path) as (server, disk):
        browser, other = signed_in(server), signed_in(server)
        device = next(
            str(device["id"])
            for device in by_browser(server, "/sessions", other)["items"]  # type: ignore[attr-defined]
            if device["current"]
        )
        token = by_browser(server, "/tokens", browser, {"name": "old"})["id"]
        withdrawn = by_browser(server, "/invitations", browser, {})["id"]
        secret = str(by_browser(server, "/invitations", browser, {})["url"]).partition("#")[2]
        stranger = {"Authorization": ""}
        joining = {"token": secret, "name": "Bob", "email": "bob@example.com", "password": PASSWORD}
        changes = [
            ("POST", "/invitations", {"email": f"{'x' * 60}@example.com"}, browser),
            ("DELETE", f"/invitations/{withdrawn}", None, browser),
            ("POST", "/invitations/accept", joining, stranger),
            ("POST", "/tokens", {"name": "n" * 60}, browser),
            ("DELETE", f"/tokens/{token}", None, browser),
            ("PATCH", "/account", {"name": "Ada " + "L" * 50}, browser),
            ("POST", "/account/password", {"current": PASSWORD, "new": PASSWORD}, browser),
            ("DELETE", f"/sessions/{device}", None, browser),
        ]
        reads = ["/session", "/invitations", "/tokens", "/sessions"]

        async def change(method: str, path: str, body: object, headers: dict[str, str]) -> tuple[int, object]:
            data = None if body is None else json.dumps(body).encode()
            return await asyncio.to_thread(asked, server, method, path, data, **headers)

        for method, path, body, headers in changes:
            disk.break_down()
            answer = await change(method, path, body, headers)
            # On a full disk SQLite finds room for a small change in its own files, now and then.
            fits = status == 507 and answer[0] < 300
            assert fits or answer == (status, "storage"), (method, path)
            for read in reads:
                assert await asyncio.to_thread(asked, server, "GET", read, **browser) == (200, None), read
        assert (await change("POST", "/invitations/preview", {"token": secret}, stranger))[0] in (
            (200, 404) if status == 507 else (200,)
        )
        disk.mend()
        await until(lambda: ready(server)["status"] == "ready", "ready again")
        for method, path, body, headers in changes:
            assert (await change(method, path, body, headers))[0] in (200, 201, 204, 404), (method, path)
        assert by_browser(server, "/session", browser)["account"]["name"] == "Ada " + "L" * 50  # type: ignore[index]


@privileged
def test_a_disk_that_was_full_before_anything_was_opened(launch: Callable[..., QuireProcess], tmp_path: Path) -> None:
    server = launch()
    document = server.new_document()
    assert server.stop() == 0
    place = tmp_path / "small"
    place.mkdir()
    with small_disk(place) as disk:
        shutil.copytree(server.data, place / "data")
        server.environment["QUIRE_DATA"] = str(place / "data")
        server.start()
        disk.break_down()
        assert server.text(document) is not None
        ended = quire("backup", str(place / "copy"), environment=server.environment)
        assert ended.returncode == 1
        assert "copy was not made: the disk is full" in ended.stderr
        server.stop(signal.SIGKILL)
        for leftover in (place / "data").glob("*.db-*"):
            leftover.unlink()
        disk.break_down()
        ended = quire("serve", environment=server.environment)
        assert ended.returncode == 1
        assert "the disk is full" in ended.stderr
        assert "Make room" in ended.stderr
        disk.mend()
        server.start()
        assert server.text(document) is not None
        server.stop()


async def test_a_disk_that_does_not_answer_is_told_and_all_is_saved_when_it_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No error comes from it, and none of what is read: only that nothing moves."""
    server, stuck = QuireProcess(tmp_path / "data"), tmp_path / "stuck"
    server.environment |= {**faulty_disk(tmp_path, server.data), "DISK_STUCK": str(stuck)}
    problems = dict.fromkeys(("storage", "catalogue"), "the disk does not answer")
    try:
        server.start()
        document = server.new_document()
        author, late = Person("author", server, document), Person("late", server, document)
        async with author.online(), late.online():
            await author.start("before ")
            stuck.touch()
            author.insert(0, "words ")
            making = asyncio.create_task(asyncio.to_thread(asked, server, "POST", "/documents", b'{"title": "New"}'))
            await until(lambda: ready(server)["problems"] == problems, "what is wrong")
            told = {"type": "storage", "ok": False, "reason": "the disk does not answer"}
            for person in (author, late):
                await person.until(lambda person=person: told in person.told, "not saved, and why")
            for metric in ("log_healthy", "catalogue_healthy"):
                assert await asyncio.to_thread(server.metric, metric) == 0
            assert author.unsaved == 1
            await late.until(lambda: "words before " in late.text, "the words, although nothing can be stored")
            stuck.unlink()
            await author.saved()
            await author.until(lambda: {**told, "ok": True, "reason": ""} in author.told, "that it is well again")
            await until(lambda: ready(server)["status"] == "ready", "ready again")
            assert await asyncio.to_thread(server.metric, "log_healthy") == 1
            assert (await making)[0] == 201
        assert server.text(document).startswith("words before ")
        assert server.stop() == 0
    finally:
        stuck.unlink(missing_ok=True)
        server.discard()
    log = capfd.readouterr().err
    assert log.count("updates cannot be saved") == 1


def token_used(server: QuireProcess) -> bool:
    """Whether it is written down that Ada's token was used."""
    with closing(sqlite3.connect(server.data / "catalogue.db")) as catalogue:
        (used,) = catalogue.execute("SELECT coalesce(max(last_used_at), 0) FROM api_tokens").fetchone()
    return bool(used > 1)


async def test_reading_waits_for_no_write_on_a_disk_that_does_not_answer(tmp_path: Path) -> None:
    server, stuck = QuireProcess(tmp_path / "data"), tmp_path / "stuck"
    server.environment |= {**faulty_disk(tmp_path, server.data), "DISK_STUCK": str(stuck)}
    try:
        server.start()
        document = server.new_document()
        await until(lambda: token_used(server), "the first use of the token")
        # The next one is due to be written with the next request.
        with closing(sqlite3.connect(server.data / "catalogue.db")) as catalogue, catalogue:
            catalogue.execute("UPDATE api_tokens SET last_used_at=1")
        stuck.touch()
        async with asyncio.timeout(5):
            for _ in range(20):
                await asyncio.to_thread(server.api, "GET", f"/documents/{document}")
        assert not token_used(server)
        stuck.unlink()
        await until(lambda: token_used(server), "the use of the token")
        assert server.stop() == 0
    finally:
        stuck.unlink(missing_ok=True)
        server.discard()


async def test_documents_open_while_many_uploads_wait_for_a_disk_that_does_not_answer(tmp_path: Path) -> None:
    server, stuck = QuireProcess(tmp_path / "data", room_grace="0"), tmp_path / "stuck"
    server.environment |= {**faulty_disk(tmp_path, server.data), "DISK_STUCK": str(stuck)}
    try:
        server.start()
        documents = [server.new_document() for _ in range(3)]
        path, loop = f"/documents/{documents[0]}/attachments", asyncio.get_running_loop()
        assert asked(server, "POST", path, picture()) == (201, None)
        stuck.touch()
        with ThreadPoolExecutor(40) as threads:
            uploads = [
                loop.run_in_executor(threads, partial(asked, server, "POST", path, picture() + bytes([number])))
                for number in range(40)
            ]
            await until(lambda: len(list((server.data / "blobs").rglob("tmp*"))) > 3, "uploads that are not flushed")
            for document in documents[1:]:
                async with asyncio.timeout(5):
                    await asyncio.to_thread(server.text, document)
            stuck.unlink()
            assert {(await upload)[0] for upload in uploads} == {201}
        assert server.stop() == 0
    finally:
        stuck.unlink(missing_ok=True)
        server.discard()


NEW_CONNECTION = """
import sqlite3, sys
from quire.storage.failure import reason_of
try:
    sqlite3.connect(sys.argv[1]).execute("SELECT 1 FROM t")
except sqlite3.Error as error:
    print(reason_of(error))
"""


@privileged
def test_a_disk_that_can_make_no_more_files_is_told_as_that(tmp_path: Path) -> None:
    options = "size=1m,nr_inodes=5"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        (tmp_path / "data").mkdir()
        told = set()
        for number in range(9):
            try:
                FolderBlobs(tmp_path / "blobs").write(str(number), b"x")
            except OSError as error:
                told.add(reason_of(error))
        assert told == {"the disk can make no more files"}
        with pytest.raises(CannotStart, match="can make no more files"), DataFolder(tmp_path).opening("catalogue.db"):
            sqlite3.connect(tmp_path / "catalogue.db").execute("PRAGMA journal_mode=WAL")
        finding, *_ = machine._folder(Settings(data=tmp_path / "data"))
        assert (finding.ok, "No space left" in finding.text) == (False, True)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=False)


def test_a_new_connection_on_a_full_disk_knows_that_it_is_full(tmp_path: Path) -> None:
    disk = PretendedDisk(tmp_path)
    database = tmp_path / "data" / "x.db"
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t(x)")
    disk.break_down()
    ended = subprocess.run(
        [sys.executable, "-c", NEW_CONNECTION, database],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **disk.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "the disk is full\n", ended.stderr
