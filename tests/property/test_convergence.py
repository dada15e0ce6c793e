"""Browsers and programs edit one document at random, at once and on a bad network, and end with the same document."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from typing import Any

import pycrdt
import pytest

from browsers import Browsers, browsers
from conftest import PROVE
from program import Program
from quire.content.prosemirror import empty_document, read
from quire.content.schema import FRAGMENT, MARKS, NODES, clean
from quire.crdt.replica import LocalReplica
from quire.db.ids import new_id

SECONDS = 1800 if PROVE else 15
BROWSERS, PROGRAMS = 3, 2
DOCUMENTS = 50
"""Documents that one process of browsers lives for, at most."""
STEPS = 60
"""Edits and deliveries after which everything is delivered and compared."""


class Network:
    """Carries each update to every other replica: late, in any order, now and then twice."""

    def __init__(self, browsers: Browsers, programs: list[Program], chance: random.Random) -> None:
        self.browsers, self.programs, self.chance = browsers, programs, chance
        self.count = BROWSERS + len(programs)
        self.inboxes: list[list[bytes]] = [[] for _ in range(self.count)]
        self.names: Counter[str] = Counter()
        self.merges = 0

    def send(self, sender: int, updates: list[bytes]) -> None:
        for number, inbox in enumerate(self.inboxes):
            if number != sender:
                inbox.extend(updates)

    def edit(self, number: int) -> None:
        times = self.chance.choice((1, 1, 2, 5))
        if number < BROWSERS:
            updates, names = self.browsers.edit(number, times)
        else:
            updates, names = self.programs[number - BROWSERS].edit(times)
        self.names.update(names)
        self.send(number, updates)

    def deliver(self, number: int, share: float) -> None:
        inbox = self.inboxes[number]
        self.chance.shuffle(inbox)
        taken = inbox[: max(1, round(len(inbox) * share))]
        del inbox[: len(taken)]
        repeated = self.chance.sample(taken, len(taken) // 4)
        self.merges += 1
        if number < BROWSERS:
            self.send(number, self.browsers.receive(number, taken + repeated))
        else:
            program = self.programs[number - BROWSERS]
            program.receive(taken + repeated)
            read([program.whole()])

    def step(self) -> None:
        number = self.chance.randrange(self.count)
        if self.inboxes[number] and self.chance.random() < 0.5:
            self.deliver(number, self.chance.random())
        else:
            self.edit(number)

    def settle(self) -> None:
        """Deliver until nobody has anything more to say: answers to answers must end."""
        for _ in range(20):
            waiting = [number for number in range(self.count) if self.inboxes[number]]
            if not waiting:
                return
            for number in waiting:
                self.deliver(number, 1)
        raise AssertionError("the replicas answer each other without end")


def plain(node: dict[str, Any]) -> dict[str, Any]:
    """ProseMirror JSON as Quire's own reader writes it: no defaults of absent attributes, texts joined."""
    if node["type"] == "unknownBlock":
        return {"type": "unknownBlock", "name": node["attrs"]["name"]}
    kind = NODES[node["type"]]
    attributes = {key: clean(known, node.get("attrs", {}).get(key)) for key, known in kind.attributes.items()}
    made: dict[str, Any] = {"type": node["type"]}
    if kept := {key: value for key, value in attributes.items() if value is not None}:
        made["attrs"] = kept
    if node.get("text"):
        made["text"] = node["text"]
    marks = []
    for mark in node.get("marks", []):
        known = MARKS[mark["type"]].attributes
        values = {key: clean(attribute, mark.get("attrs", {}).get(key)) for key, attribute in known.items()}
        kept = {key: value for key, value in values.items() if value is not None}
        marks.append({"type": mark["type"], "attrs": kept} if kept else {"type": mark["type"]})
    if marks:
        made["marks"] = sorted(marks, key=str)
    content: list[dict[str, Any]] = []
    for child in map(plain, node.get("content", [])):
        if content and "text" in child and "text" in content[-1] and child.get("marks") == content[-1].get("marks"):
            content[-1]["text"] += child["text"]
        else:
            content.append(child)
    if content:
        made["content"] = content
    return made


def compare(browsers: Browsers, programs: list[Program]) -> set[str]:
    """Check that all replicas hold one document; return the types in it."""
    documents = [plain(read([program.whole()])) for program in programs]
    stored = [browsers.stored(number) for number in range(BROWSERS)]
    documents += [plain(document) for document, _ in stored]
    replicas = [program.replica for program in programs] + [LocalReplica([update]) for _, update in stored]
    assert len({tuple(sorted(replica.state_now().clocks.items())) for replica in replicas}) == 1
    trees = [bare(replica.doc.get(FRAGMENT, type=pycrdt.XmlFragment)) for replica in replicas]
    for number, tree in enumerate(trees[1:], 1):
        assert tree == trees[0], f"replica {number}: {difference(trees[0], tree)}"
    for number, document in enumerate(documents[1:], 1):
        assert document == documents[0], f"replica {number}: {difference(documents[0], document)}"
    return set(re.findall(r"'type': '(\w+)'", str(documents[0])))


def bare(node: Any) -> Any:
    """The shared document as it is stored, blocks of newer releases and all."""
    if isinstance(node, pycrdt.XmlText):
        runs: list[list[Any]] = []
        for piece, marks in node.diff():
            if runs and runs[-1][1] == (marks or {}):
                runs[-1][0] += piece
            else:
                runs.append([piece, marks or {}])
        return runs
    attributes = dict(node.attributes) if isinstance(node, pycrdt.XmlElement) else {}
    return [getattr(node, "tag", None), attributes, [bare(child) for child in node.children]]


def difference(one: Any, other: Any, path: str = "") -> str:
    """Say where two documents part."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            if one[key] != other[key]:
                return difference(one[key], other[key], f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list):
        for at, (left, right) in enumerate(zip(one, other, strict=False)):
            if left != right:
                return difference(left, right, f"{path}[{at}]")
    return f"{path}: {one} / {other}"


@pytest.mark.fm("FM-021", "FM-194", size="30 minutes")
def test_random_edits_of_every_node_and_mark_converge(seed: int) -> None:
    chance = random.Random(seed)
    rounds = 0
    names: Counter[str] = Counter()
    seen: set[str] = set()
    merges = 0
    deadline = time.monotonic() + SECONDS

    def enough() -> bool:
        # A slow machine goes on until every type was there.
        return time.monotonic() >= deadline and (not {*NODES, *MARKS} - seen or rounds >= 100)

    while not enough():
        # The simulated screen keeps what was on it, so that one process does not live for all documents.
        with browsers() as nodes:
            for _ in range(DOCUMENTS):
                base = empty_document(new_id())
                opened = nodes.open(range(1, BROWSERS + 1), base, chance.randrange(2**32))
                programs = [Program(100 + number, base, chance) for number in range(PROGRAMS)]
                network = Network(nodes, programs, chance)
                for number, updates in enumerate(opened):
                    network.send(number, updates)
                for _ in range(4):
                    for _ in range(STEPS):
                        network.step()
                    network.settle()
                    seen |= compare(nodes, programs)
                rounds += 1
                names += network.names
                merges += network.merges
                if enough():
                    break
    missing = {*NODES, *MARKS} - seen
    assert not missing, f"never in a merged document: {missing}"
    print(rounds, "documents", sum(names.values()), "edits", merges, "merges")
