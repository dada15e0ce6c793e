"""Who may act through the HTTP API: origins, tokens, the name a server is called by; what every answer carries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quire.server.composition import Server
from quire.settings import Settings
from visitors import ADA, ORIGIN, Browser


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"public_url": ORIGIN}])
async def test_a_set_up_code_is_needed_beyond_this_machine(tmp_path: Path, settings: dict[str, str]) -> None:
    node = Server(Settings(data=tmp_path / "data", **settings))  # type: ignore[arg-type]
    app = await node.open()
    browser = Browser(app)
    assert (await browser.call("POST", "/setup", ADA)).status_code == 403
    assert (await browser.call("POST", "/setup", ADA | {"code": "wrong"})).status_code == 403
    assert (await browser.call("POST", "/setup", ADA | {"code": node.setup_code})).status_code == 201
    await node.drain()
    await node.close()


async def test_state_changes_need_the_token_and_the_right_origin(ada: Browser) -> None:
    token = ada.http.headers.pop("X-CSRF-Token")
    assert (await ada.call("POST", "/documents", {})).status_code == 403
    ada.http.headers["X-CSRF-Token"] = token
    evil = {"Origin": "https://evil.test"}
    for headers in (evil, evil | {"Authorization": "Bearer "}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await ada.call("POST", "/documents", {}, **headers)).status_code == 403
        # A proxy may have asked the browser for a password, which it sends from everywhere.
        headers["Authorization"] = "Basic dTpw"
        sign_in = {"email": "eve@example.com", "password": "a password of hers"}
        assert (await ada.call("POST", "/session", sign_in, **headers)).status_code == 403
    assert (await ada.call("POST", "/documents", {})).status_code == 201


async def test_every_route_is_uncacheable_and_carries_the_security_headers(ada: Browser, node: Server) -> None:
    schema = (await ada.http.get("/api/v1/openapi.json")).json()
    paths = [re.sub(r"{[^}]+}", "00000000-0000-7000-8000-000000000000", path) for path in schema["paths"]]
    assert len(paths) > 20
    for path in [*paths, "/api/v1/nothing", "/healthz", "/readyz", "/metrics"]:
        answer = await ada.http.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"].split("script-src")[1].split(";")[0]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", path
            assert answer.json()["detail"], path


async def test_a_token_does_what_its_scopes_say(ada: Browser, node: Server) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    made = (await ada.call("POST", "/tokens", {"name": "reader", "scopes": ["documents:read"]})).json()
    program = Browser(node.app)  # type: ignore[attr-defined]
    program.http.headers["Authorization"] = f"Bearer {made['secret']}"
    assert (await program.call("GET", f"/documents/{document}")).json()["role"] == "viewer"
    listed = (await program.call("GET", "/documents")).json()["items"]
    assert [row["role"] for row in listed if row["id"] == document] == ["viewer"]
    assert (await program.call("POST", "/documents", {})).status_code == 403
    assert (await program.call("POST", "/tokens", {"name": "more"})).status_code == 403
    await ada.call("DELETE", f"/tokens/{made['id']}")
    assert (await program.call("GET", f"/documents/{document}")).status_code == 401


@pytest.mark.parametrize("moment", ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "2001-01-01"])
async def test_a_token_ends_at_a_time_that_can_be_told(ada: Browser, moment: str) -> None:
    answer = await ada.call("POST", "/tokens", {"name": "x", "expires_at": moment})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "expires_at"
    assert (await ada.call("GET", "/tokens")).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://localhost:99999", "http://a:b", "//", "\xff"])
async def test_an_origin_that_is_no_address_is_refused(ada: Browser, origin: str) -> None:
    answer = await ada.http.post("/api/v1/documents", json={}, headers=[("Origin", origin.encode("latin-1"))])  # type: ignore[list-item]
    assert answer.status_code == 403


async def test_without_a_public_address_only_the_scheme_that_is_spoken_may_act(ada: Browser) -> None:
    answer = await ada.call("POST", "/documents", {}, Origin=ORIGIN.replace("http:", "https:"))
    assert answer.status_code == 403
    assert "QUIRE_PUBLIC_URL" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        ({}, "rebound.test:8000", 421),
        ({}, "[", 421),
        ({}, "192.0.2.1:8000", 421),
        ({}, "localhost", 201),
        ({}, "127.0.0.1:8000", 201),
        ({}, "[::1]:8000", 201),
        ({"public_url": "http://docs.test"}, "docs.test", 403),
        ({"host": "0.0.0.0"}, "docs.test", 403),
    ],
)
async def test_a_name_made_to_point_here_makes_no_first_account(
    tmp_path: Path, settings: dict[str, str], host: str, status: int
) -> None:
    node = Server(Settings(data=tmp_path / "data", **settings))  # type: ignore[arg-type]
    browser = Browser(await node.open())
    answer = await browser.call("POST", "/setup", ADA, Host=host, Origin=f"http://{host}")
    assert answer.status_code == status, answer.text
    if status == 421:
        assert "QUIRE_PUBLIC_URL" in answer.json()["detail"]
    if settings:
        assert answer.json()["code"] == "wrong-setup-code"
    await node.drain()
    await node.close()
