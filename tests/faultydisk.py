"""Disks that go wrong without a privilege: what was not flushed is lost with the power, or there is no room."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, QuireProcess
from stalls import family, until

FLUSH = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for path in [os.path.join(folder, name) for name in names] + [folder]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
"""


def faulty_disk(folder: Path, data: Path) -> dict[str, str]:
    """Make the disk under `data`; return what a program's environment needs for it.

    Without a compiler the proof fails: a proof that is left out shows nothing.
    """
    library, source = folder / "disk.so", ROOT / "tests" / "fault" / "disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return {"LD_PRELOAD": str(library), "DISK_ROOT": str(data)}


class ForgetfulDisk:
    """The disk under the data folder of a server that does not run."""

    def __init__(self, server: QuireProcess, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._store = folder / "kept"
        folder.mkdir()
        server.environment |= {**faulty_disk(folder, server.data), "DISK_STORE": str(self._store)}

    def start(self) -> None:
        """Start the server; what is in its folder now counts as flushed."""
        shutil.rmtree(self._store, ignore_errors=True)
        self._store.mkdir()
        data = self._server.data
        subprocess.run([sys.executable, "-c", FLUSH, data], env=self._server.environment, check=True)
        self._root = next(path for path in self._store.iterdir() if self._is_root(path))
        self._server.start()

    def _is_root(self, kept: Path) -> bool:
        inode = os.stat(self._server.data).st_ino
        return kept.name.startswith(f"{inode}-")

    async def cut_power(self) -> None:
        """End every process of the server at once, and leave of its data what was flushed."""
        processes = family(self._server)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        assert self._server.process is not None
        self._server.process.wait(40)
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), "the processes are gone")
        image = self._folder / "image"
        self._restore(self._root, image)
        shutil.rmtree(self._server.data)
        image.rename(self._server.data)

    def _restore(self, names: Path, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if not names.exists():
            return
        for line in names.read_text().splitlines():
            kind, key, name = line.split(" ", 2)
            kept, path = self._store / key, folder / name
            if kind == "d":
                self._restore(kept, path)
            elif kind == "f":
                path.write_bytes(kept.read_bytes() if kept.exists() else b"")
