"""The unchanged npm clients: @hocuspocus/provider and y-websocket."""

from __future__ import annotations

from conftest import QuireProcess, run_node


def test_stock_clients_sync_save_and_see_each_other(server: QuireProcess) -> None:
    document = server.new_document()
    length = int(run_node("clients.mjs", server.url, server.token, document))
    assert length > 1_500_000
