"""What goes wrong in a service is a problem document that says what happened and what to do."""

from __future__ import annotations

import httpx
import pytest

from quire.ops.children import Child, ChildDied
from quire.server.composition import Server
from quire.storage.failure import FULL, StorageUnavailable
from quire.sync.wire import var_bytes
from visitors import ORIGIN, Browser, written


@pytest.fixture
async def document(ada: Browser) -> str:
    return str((await ada.call("POST", "/documents", {"title": "Plan"})).json()["id"])


async def test_a_document_that_goes_while_it_is_asked_for_is_not_there(
    ada: Browser, node: Server, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.call("DELETE", f"/documents/{document}")
    permit = node.services.access.role_even_in_trash

    async def erased_meanwhile(principal: object, wanted: str) -> object:
        role = await permit(principal, wanted)  # type: ignore[arg-type]
        await node.documents.erase(wanted)
        return role

    monkeypatch.setattr(node.services.access, "role_even_in_trash", erased_meanwhile)
    answer = await ada.call("GET", f"/documents/{document}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-document")


async def test_a_damaged_document_is_said_to_be_one(ada: Browser, node: Server, document: str) -> None:
    await node.log.erase(document)
    for path in ("content", "preview"):
        answer = await ada.call("GET", f"/documents/{document}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (503, "document-damaged")
        assert "tell whoever runs this server" in answer.json()["detail"]


async def test_why_an_exchange_cannot_be_stored_is_said_for_programs_too(
    ada: Browser, node: Server, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: str) -> None:
        raise StorageUnavailable(FULL)

    monkeypatch.setattr(node.log, "load", full)
    answer = await ada.http.post(f"/api/v1/documents/{document}/sync", content=var_bytes(b"\0") + var_bytes(b""))
    assert (answer.status_code, answer.json()["cause"]) == (503, FULL)


async def test_what_takes_too_much_to_read_is_said_to_do_so(
    ada: Browser, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(*_: object) -> None:
        raise ChildDied("killed")

    monkeypatch.setattr(Child, "run", died)
    monkeypatch.setattr("quire.documents.texts.SMALL", 0)
    answer = await ada.call("GET", f"/documents/{document}/content")
    assert (answer.status_code, answer.json()["code"]) == (503, "too-heavy")


async def test_too_many_conversions_at_once_are_asked_to_wait(
    ada: Browser, node: Server, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quire.documents.texts.SMALL", 0)
    monkeypatch.setattr(node.texts, "converting", node.settings.conversions)
    answer = await ada.call("GET", f"/documents/{document}/content")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "overloaded", "2")


async def test_a_picture_whose_content_is_lost_is_not_there(ada: Browser, node: Server) -> None:
    document, digest = await written(ada, "Plan", "The plan")
    (node.settings.data / "blobs" / "attachments" / document / digest).unlink()
    assert (await ada.call("GET", f"/documents/{document}/attachments/{digest}")).status_code == 404


async def test_a_fault_of_the_server_has_a_number_that_its_log_knows(
    node: Server, ada: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(node.documents, "list", broken)
    transport = httpx.ASGITransport(node.app, raise_app_exceptions=False)  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=ada.http.cookies) as http:
        answer = await http.get("/api/v1/documents")
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["request"] == answer.headers["X-Request-Id"]
    assert problem["request"] in problem["detail"]
    assert "a fault of ours" not in answer.text
    shown = capsys.readouterr()
    assert [
        line for line in (shown.out + shown.err).splitlines() if "request failed" in line and problem["request"] in line
    ]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/documents", "GET, POST"),
        ("PUT", "/api/v1/documents/x", "GET, PATCH, DELETE"),
        ("GET", "/api/v1/documents/x/copy", "POST"),
        ("POST", "/api/v1/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_method_that_an_address_does_not_have_names_those_that_it_has(
    ada: Browser, method: str, path: str, allowed: str
) -> None:
    answer = await ada.http.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.json()["detail"] == f"{method} does nothing at this address; use {allowed}."


async def test_an_address_below_the_api_that_is_none_is_none_by_any_method(ada: Browser) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await ada.http.request(method, "/api/v1/nothing")
        assert answer.status_code == 404
        assert "/api/v1/openapi.json lists what there is" in answer.json()["detail"]


async def test_who_asks_a_sockets_address_without_an_upgrade_hears_of_it(ada: Browser) -> None:
    for path in ("/collab", "/yjs/x"):
        answer = await ada.http.get(path)
        assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")
        assert "A proxy in between has to pass the upgrade on" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"title": "Plan"}', "application/x-www-form-urlencoded"),
        (b'{"title": "Plan"', "application/json"),
        (b"\xff", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"", "application/json"),
    ],
)
async def test_a_body_that_is_no_json_object_is_said_to_be_none(ada: Browser, content: bytes, kind: str) -> None:
    answer = await ada.http.post("/api/v1/documents", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "must be a JSON object in UTF-8, sent with `Content-Type: application/json`" in answer.json()["detail"]


async def test_what_is_wrong_with_a_field_is_said_without_the_validators_own_words(ada: Browser) -> None:
    answer = await ada.call("POST", "/documents", {"title": "a\tb"})
    assert answer.json()["errors"][0]["message"] == "must not contain control characters"


async def test_a_scope_that_is_none_is_named_beside_those_that_there_are(ada: Browser) -> None:
    for scope in ("documents:all", ""):
        answer = await ada.call("POST", "/tokens", {"name": "reader", "scopes": [scope]})
        assert answer.status_code == 422
        assert answer.json()["detail"] == f"`scopes` has {scope!r}; there are documents:read and documents:write."
