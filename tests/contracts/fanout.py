"""What every fan-out between nodes must do. Delivery itself is a hint: only a quiet bus is held to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from quire.fanout.contract import Fanout

Connect = Callable[[], Awaitable[Fanout]]
PATIENCE = 10.0


class FanoutContract:
    """Subclasses give `interrupt`, and a fixture `connect`: a function that opens one more node on the same bus."""

    @pytest.fixture
    async def pair(self, connect: Connect) -> AsyncIterator[tuple[Fanout, Fanout]]:
        one, two = await connect(), await connect()
        yield one, two
        await one.close()
        await two.close()

    def interrupt(self, fanout: Fanout) -> bool:
        """Interrupt a node's connection to the bus and restore it; False where it cannot be lost."""
        raise NotImplementedError

    @staticmethod
    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    async def both_listen(self, one: Fanout, two: Fanout) -> tuple[list[bytes], list[bytes]]:
        """Return what each node hears on a channel, once each knows that the other listens."""
        at_one: list[bytes] = []
        at_two: list[bytes] = []
        one.subscribe("c", at_one.append)
        two.subscribe("c", at_two.append)
        await self.until(lambda: one.heard("c") and two.heard("c"))
        return at_one, at_two

    async def test_others_hear_a_message_and_the_sender_does_not(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        at_one, at_two = await self.both_listen(one, two)
        one.publish("c", b"from one")
        two.publish("c", b"from two")
        await self.until(lambda: bool(at_one and at_two))
        assert (at_one, at_two) == ([b"from two"], [b"from one"])

    async def test_any_bytes_pass_in_order_while_the_bus_is_quiet(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        heard: list[bytes] = []
        two.subscribe("c", heard.append)
        await self.until(lambda: one.heard("c"))
        sent = [b"", bytes(range(256)), b"x" * 1_000_000, *(b"%d" % number for number in range(300))]
        for message in sent:
            one.publish("c", message)
        await self.until(lambda: len(heard) == len(sent))
        assert heard == sent

    async def test_publishing_delivers_later_and_not_within_the_call(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        heard: list[bytes] = []
        two.subscribe("c", heard.append)
        await self.until(lambda: one.heard("c"))
        one.publish("c", b"m")
        assert heard == []
        await self.until(lambda: heard == [b"m"])

    async def test_channels_are_apart(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        heard: list[tuple[str, bytes]] = []
        for channel in ("a", "b", "a/b", "ü 1"):
            two.subscribe(channel, lambda message, channel=channel: heard.append((channel, message)))
        await self.until(lambda: all(one.heard(channel) for channel in ("a", "b", "a/b", "ü 1")))
        for channel in ("a/b", "ü 1", "nobody", "a"):
            one.publish(channel, channel.encode())
        await self.until(lambda: len(heard) == 3)
        assert sorted(heard) == sorted((channel, channel.encode()) for channel in ("a/b", "ü 1", "a"))

    async def test_after_unsubscribing_nothing_comes_and_others_go_on(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        left: list[bytes] = []
        stays: list[bytes] = []
        leave = two.subscribe("c", left.append)
        two.subscribe("c", stays.append)
        await self.until(lambda: one.heard("c"))
        one.publish("c", b"1")
        await self.until(lambda: left == [b"1"] == stays)
        leave()
        leave()
        one.publish("c", b"2")
        await self.until(lambda: stays == [b"1", b"2"])
        assert left == [b"1"]

    async def test_a_listener_that_raises_keeps_nobody_from_the_message(self, pair: tuple[Fanout, Fanout]) -> None:
        one, two = pair
        heard: list[bytes] = []

        def bad(_: bytes) -> None:
            raise RuntimeError("a listener's own fault")

        two.subscribe("c", bad)
        two.subscribe("c", heard.append)
        await self.until(lambda: one.heard("c"))
        one.publish("c", b"1")
        one.publish("c", b"2")
        await self.until(lambda: heard == [b"1", b"2"])

    async def test_a_closed_node_hears_nothing_and_publishing_there_does_not_raise(
        self, pair: tuple[Fanout, Fanout], connect: Connect
    ) -> None:
        one, two = pair
        at_one, at_two = await self.both_listen(one, two)
        await two.close()
        one.publish("c", b"nobody hears this")
        two.publish("c", b"nor this")
        # What was sent later by somebody who is there has come: so would have that.
        three = await connect()
        three.publish("c", b"later")
        await self.until(lambda: bool(at_one))
        await three.close()
        assert at_one == [b"later"]
        assert at_two == []

    async def test_an_interruption_is_told_until_watching_is_given_up(self, pair: tuple[Fanout, Fanout]) -> None:
        told: list[str] = []
        unwatch = pair[0].watch(lambda: told.append("left"))
        pair[0].watch(lambda: told.append("stays"))
        interrupted = self.interrupt(pair[0])
        await self.until(lambda: sorted(told) == (["left", "stays"] if interrupted else []))
        unwatch()
        self.interrupt(pair[0])
        await self.until(lambda: sorted(told) == (["left", "stays", "stays"] if interrupted else []))
