"""The unchanged npm clients, @hocuspocus/provider and y-websocket, in every supported version.

The database of one machine is the SQLite of the running Python, which every test here uses. Versions of PostgreSQL
and of Redis or Valkey come with the cluster.
"""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from conftest import ROOT, QuireProcess, run_node

PROVIDERS = {
    "hocuspocus-provider-3": "3.4.4",
    "hocuspocus-provider-4.0": "4.0.0",
    "@hocuspocus/provider": "4.8.0",
}
Y_WEBSOCKETS = {"y-websocket-2": "2.1.0", "y-websocket": "3.1.0"}


@pytest.mark.fm("FM-143")
@pytest.mark.parametrize(
    ("provider", "y_websocket"),
    [
        ("hocuspocus-provider-3", "y-websocket-2"),
        ("hocuspocus-provider-4.0", "y-websocket"),
        ("@hocuspocus/provider", "y-websocket"),
    ],
)
def test_stock_clients_sync_save_and_see_each_other(server: QuireProcess, provider: str, y_websocket: str) -> None:
    document = server.new_document()
    length = int(run_node("clients.mjs", server.url, server.token, document, provider, y_websocket))
    assert length > 1_500_000


def test_the_first_client_of_the_protocol_page_works_as_it_stands(server: QuireProcess) -> None:
    page = (ROOT / "docs" / "developer" / "protocol.md").read_text()
    example = re.search(r"```js\n(.*?)```", page, re.DOTALL)
    assert example is not None
    document = server.new_document()
    environment = {"QUIRE_URL": server.url, "QUIRE_TOKEN": server.token, "DOCUMENT": document}
    subprocess.run(
        ["node", "--input-type=module", "--eval", example[1]],
        cwd=ROOT / "web",
        env=os.environ | environment,
        timeout=60,
        check=True,
    )
    assert server.text(document).strip() == "Written by a program."


@pytest.mark.fm("FM-143")
def test_the_versions_that_are_named_are_the_ones_installed_and_documented() -> None:
    page = (ROOT / "docs" / "developer" / "protocol.md").read_text()
    for name, version in (PROVIDERS | Y_WEBSOCKETS).items():
        package = json.loads((ROOT / "web" / "node_modules" / name / "package.json").read_text())
        assert package["version"] == version
        assert f"{package['name']} {version}" in page


@pytest.mark.fm("FM-143")
def test_every_dependency_is_locked_to_bytes_and_to_no_registry() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name
    for name in ("serve.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text().replace("\\\n", "")
        requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(requirements) > 20
        for line in requirements:
            assert "==" in line, line
            assert "--hash=sha256:" in line, line
