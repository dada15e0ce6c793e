"""Presence: one's own cursor only, gone on leaving or silence, back after a reconnect."""

from __future__ import annotations

from quire.sync.rooms.presence import CLIENTS_PER_SOCKET, EXPIRY, ROOM_BYTES, Presence
from quire.sync.wire import PresenceEntry


def states(presence: Presence) -> dict[int, str | None]:
    return {entry.client: entry.state for entry in presence.everyone()}


def test_nobody_can_move_or_silence_another_persons_cursor() -> None:
    presence, ann, bob = Presence(1000), object(), object()
    presence.receive(ann, "ann", [PresenceEntry(1, 1, '{"a":1}')], 0)
    presence.receive(bob, "bob", [PresenceEntry(1, 99, None), PresenceEntry(1, 2**31, '{"evil":1}')], 0)
    assert states(presence) == {1: '{"a":1}'}
    presence.receive(ann, "ann", [PresenceEntry(1, 2, '{"a":2}')], 0)
    assert states(presence) == {1: '{"a":2}'}


def test_repeated_states_are_not_sent_on() -> None:
    presence, ann = Presence(1000), object()
    presence.receive(ann, "ann", [PresenceEntry(1, 1, "{}")], 0)
    assert len(presence.changes()) == 1
    presence.receive(ann, "ann", [PresenceEntry(1, 1, "{}")], 1)
    presence.receive(object(), "bob", [PresenceEntry(1, 1, "{}")], 1)
    assert presence.changes() == []


def test_leaving_withdraws_every_client_of_the_connection() -> None:
    presence, ann, bob = Presence(1000), object(), object()
    presence.receive(ann, "ann", [PresenceEntry(1, 1, "{}"), PresenceEntry(2, 1, "{}")], 0)
    presence.receive(bob, "bob", [PresenceEntry(3, 1, "{}")], 0)
    presence.changes()
    presence.leave(ann, 1)
    assert {entry.client: entry.state for entry in presence.changes()} == {1: None, 2: None}
    assert list(states(presence)) == [3]


def test_a_reconnect_takes_its_client_over_from_the_half_open_socket() -> None:
    presence, old, new = Presence(1000), object(), object()
    presence.receive(old, "ann", [PresenceEntry(1, 5, '{"a":1}')], 0)
    presence.receive(new, "ann", [PresenceEntry(1, 6, '{"a":2}')], 1)
    presence.leave(old, 2)
    assert states(presence) == {1: '{"a":2}'}


def test_a_client_that_left_comes_back_at_the_clock_it_had() -> None:
    presence, old, new = Presence(1000), object(), object()
    presence.receive(old, "ann", [PresenceEntry(1, 5, '{"a":1}')], 0)
    presence.leave(old, 1)
    presence.receive(new, "ann", [PresenceEntry(1, 5, '{"a":1}')], 2)
    assert states(presence) == {1: '{"a":1}'}


def test_a_silent_person_expires_and_a_renewing_one_stays() -> None:
    presence, ann, bob = Presence(1000), object(), object()
    presence.receive(ann, "ann", [PresenceEntry(1, 1, "{}")], 0)
    presence.receive(bob, "bob", [PresenceEntry(2, 1, "{}")], 0)
    presence.receive(bob, "bob", [PresenceEntry(2, 2, "{}")], EXPIRY - 1)
    presence.expire(EXPIRY + 1)
    assert list(states(presence)) == [2]
    presence.changes()
    presence.expire(3 * EXPIRY)
    presence.changes()
    presence.expire(5 * EXPIRY)
    assert ann not in {client.owner for client in presence._clients.values()}


def test_one_socket_speaks_for_a_bounded_number_of_clients() -> None:
    presence, ann = Presence(1000), object()
    presence.receive(ann, "ann", [PresenceEntry(i, 1, "{}") for i in range(1000)], 0)
    assert len(presence) == CLIENTS_PER_SOCKET
    presence.receive(object(), "ann", [PresenceEntry(5000, 1, "{}")], 0, socket="s")
    for number in range(100):
        presence.receive(object(), "ann", [PresenceEntry(6000 + number, 1, "{}")], 0, socket="s")
    assert len(presence) == 2 * CLIENTS_PER_SOCKET


def test_a_few_who_send_much_do_not_crowd_out_the_cursors_of_others() -> None:
    presence, people = Presence(1000), [object() for _ in range(500)]
    for number, person in enumerate(people):
        presence.receive(person, f"p{number}", [PresenceEntry(number, 1, '{"name":"x"}')], 0)
    for number in range(100):
        large = [PresenceEntry(10_000 + number * 8 + i, 1, "x" * 8192) for i in range(8)]
        presence.receive(object(), "guest:" + str(number), large, 1)
    assert sum(len(entry.state or "") for entry in presence.everyone()) <= ROOM_BYTES
    assert presence.dropped
    assert set(range(500)) <= set(states(presence))
    presence.changes()
    presence.leave(people[0], 2)
    assert states(presence).get(0) is None


def test_nobody_takes_a_free_id_with_a_clock_that_its_owner_never_reaches() -> None:
    presence, old, back = Presence(1000), object(), object()
    presence.receive(old, "ann", [PresenceEntry(1, 5, "{}"), PresenceEntry(2, 5, "{}")], 0)
    presence.leave(old, 1)
    presence.receive(object(), "bob", [PresenceEntry(1, 2**53 - 1, "{}"), PresenceEntry(2, 6, "{}")], 2)
    assert states(presence) == {}
    presence.receive(back, "ann", [PresenceEntry(1, 6, '{"back":1}')], 3)
    assert states(presence) == {1: '{"back":1}'}
    guest = object()
    presence.receive(guest, "guest:a", [PresenceEntry(9, 5, "{}")], 3)
    presence.leave(guest, 4)
    presence.receive(object(), "guest:b", [PresenceEntry(9, 2**53 - 1, "{}")], 5)
    assert 9 not in states(presence)
    presence.receive(object(), "guest:c", [PresenceEntry(9, 6, "{}")], 5)
    assert 9 in states(presence)


def test_one_person_has_so_many_cursors_and_no_more_on_however_many_sockets() -> None:
    presence, sockets = Presence(3), [object() for _ in range(5)]
    for client, socket in enumerate(sockets):
        presence.receive(socket, f"guest:{client}", [PresenceEntry(client, 1, "{}")], 1, person="one address")
    presence.receive(object(), "ada", [PresenceEntry(9, 1, "{}")], 1, person="ada")
    assert [entry.client for entry in presence.everyone()] == [0, 1, 2, 9]
    # A place that is free again is for whoever comes next, also for one who was here before.
    presence.leave(sockets[0], 2)
    presence.receive(sockets[3], "guest:3", [PresenceEntry(3, 2, "{}")], 3, person="one address")
    presence.receive(sockets[0], "guest:0", [PresenceEntry(0, 3, "{}")], 3, person="one address")
    assert [entry.client for entry in presence.everyone()] == [1, 2, 9, 3]
    # Those who are here move on, and come back on another socket.
    presence.receive(sockets[1], "guest:1", [PresenceEntry(1, 2, "[]")], 4, person="one address")
    presence.receive(object(), "guest:2", [PresenceEntry(2, 2, "[]")], 4, person="one address")
    assert [entry.state for entry in presence.everyone()] == ["[]", "[]", "{}", "{}"]


def test_another_node_counts_its_own_people() -> None:
    presence, node = Presence(3), object()
    for client in range(5):
        presence.receive(node, f"guest:{client}", [PresenceEntry(client, 1, "{}")], 1, here=False)
    assert len(presence) == 5


def test_no_clock_is_near_the_end_of_all_numbers() -> None:
    presence, bob, eve = Presence(1000), object(), object()
    presence.receive(eve, "guest:eve", [PresenceEntry(1, 2**53 - 1, "{}")], 0)
    assert states(presence) == {}
    presence.receive(eve, "guest:eve", [PresenceEntry(1, 9, "{}")], 0)
    presence.receive(eve, "guest:eve", [PresenceEntry(1, 2**53 - 1, "{}")], 0)
    presence.leave(eve, 0)
    presence.receive(bob, "guest:bob", [PresenceEntry(1, 10, '{"b":1}')], 0)
    assert states(presence) == {1: '{"b":1}'}


def test_who_comes_back_at_a_clock_that_has_passed_is_told_of_it() -> None:
    presence, bob, eve = Presence(1000), object(), object()
    presence.receive(eve, "guest:eve", [PresenceEntry(1, 500, "{}")], 0)
    presence.leave(eve, 0)
    presence.changes()
    presence.receive(bob, "guest:bob", [PresenceEntry(1, 6, '{"b":1}')], 0)
    assert presence.changes() == [PresenceEntry(1, 500, None)]
    presence.receive(bob, "guest:bob", [PresenceEntry(1, 501, '{"b":1}')], 0)
    assert states(presence) == {1: '{"b":1}'}
