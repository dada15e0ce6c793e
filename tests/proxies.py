"""Quire behind a proxy: the example files of deploy/, run as private instances on free ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import ROOT, free_port

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def program(name: str) -> str | None:
    """Return the path of nginx or haproxy; None where it is not installed."""
    return shutil.which(name, path=SBIN)


@contextmanager
def proxied(name: str, upstream: int, folder: Path) -> Iterator[int]:
    """Run a proxy in front of port `upstream` with its example file; yield the port that it listens on."""
    path, port = program(name), free_port()
    assert path is not None, f"the tests with proxies need Debian's package {name}"
    example = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[name]
    text = (ROOT / "deploy" / example).read_text()
    # Nothing but the ports differs from what operators copy; nginx keeps its files in a folder of the test.
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}").replace("8080", f"127.0.0.1:{port}")
    text = text.replace(f"bind :127.0.0.1:{port}", f"bind 127.0.0.1:{port}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    private = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds) + "    access_log off;\n"
    text = text.replace("http {\n", "http {\n" + private)
    config = folder / example
    config.write_text(text)
    command = {
        "nginx": [path, "-e", "stderr", "-c", str(config), "-g", f"daemon off; pid {folder}/pid;"],
        "haproxy": [path, "-db", "-f", str(config)],
    }[name]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _listening(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, f"the proxy ended with {process.returncode}"
            assert time.monotonic() < deadline, "the proxy does not listen"
            time.sleep(0.02)
