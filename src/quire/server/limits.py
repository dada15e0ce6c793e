"""The limits that the settings ask for, of rooms, sockets and HTTP connections."""

from __future__ import annotations

from collections.abc import Container

from quire.http.connections import ConnectionLimits
from quire.settings import Settings
from quire.sync.limits import GatewayLimits, RoomLimits


def room_limits(settings: Settings) -> RoomLimits:
    """Return the limits of rooms that the settings ask for."""
    return RoomLimits(
        tick_base=settings.tick_base,
        tick_per_socket=settings.tick_per_socket,
        tick_max=settings.tick_max,
        max_update=settings.max_update,
        document_warn=settings.document_warn,
        document_limit=settings.document_limit,
        unsaved_room=settings.unsaved_room_limit,
        heavy_document=settings.heavy_document,
        heavy_update=settings.heavy_update,
        max_cursors=settings.max_cursors_per_account if settings.limited else settings.max_sockets,
        beacon=settings.beacon,
    )


def gateway_limits(settings: Settings) -> GatewayLimits:
    """Return the limits of sockets that the settings ask for."""
    on = settings.limited
    return GatewayLimits(
        rates=on,
        max_message=settings.max_frame,
        max_presence=settings.max_presence,
        max_sockets=settings.max_sockets,
        max_per_account=settings.max_sockets_per_account if on else settings.max_sockets,
        max_per_address=settings.max_sockets_per_address if on else settings.max_sockets,
        max_documents=settings.max_documents_per_socket,
        messages_per_second=settings.socket_messages_per_second,
        bytes_per_second=settings.socket_bytes_per_second,
        bytes_per_hour=settings.bytes_per_hour_per_account,
        connects_per_minute=settings.connects_per_minute,
        outbound_time=settings.outbound_time,
        outbound_limit=settings.outbound_limit,
        outbound_budget=settings.outbound_budget,
        inbound_budget=settings.inbound_budget,
        ping_interval=settings.ping_interval,
        pong_timeout=settings.pong_timeout,
        auth_timeout=settings.auth_timeout,
        access_review=settings.access_review,
    )


def connection_limits(settings: Settings, trusted: Container[str]) -> ConnectionLimits:
    """Return the limits of HTTP connections; those from `trusted` proxies share one address."""
    return ConnectionLimits(
        total=settings.max_connections,
        per_address=settings.max_connections_per_address if settings.limited else settings.max_connections,
        head_time=settings.request_head_time,
        idle_time=settings.request_idle_time,
        body_time=settings.request_body_time,
        body_rate=settings.request_body_rate,
        answer_time=settings.outbound_time,
        unread=settings.outbound_budget,
        shared=trusted,
    )
