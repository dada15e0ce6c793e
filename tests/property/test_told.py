"""What members are told: whatever hostile clients send, Yjs takes it in any order and shows what the server has."""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pycrdt
import pytest
from crafted import Crafted

from conftest import PROVE, ROOT
from quire.crdt.replica import LocalReplica, ReplicaCorrupt
from quire.crdt.snapshot import build_snapshot
from quire.crdt.updates import EMPTY_STATE, EMPTY_UPDATE, MalformedUpdate, inspect, merge

NO_WORDS = re.compile(r"\[[^\[\]{}]*\]|\{[^\[\]{}]*\}|</?b>| k=\"\w+Ref\"")
"""Lists, maps, objects, formats and attributes that are shared types, as they look in the text of a document."""


def shown(replica: LocalReplica) -> str:
    """What a document shows, in the form of web/tests/node/apply.mjs."""
    doc = replica.doc
    text = f"{doc.get('t', type=pycrdt.Text)} {doc.get('default', type=pycrdt.XmlFragment)}"
    while (words := NO_WORDS.sub("", text)) != text:
        text = words
    return text


class Yjs:
    """Fresh Yjs documents in Node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def show(self, updates: Sequence[bytes]) -> str:
        """Apply updates one after the other and return what the document shows; an exception fails the test."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([base64.b64encode(update).decode() for update in updates]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["text"]


@contextmanager
def yjs() -> Iterator[Yjs]:
    with subprocess.Popen(
        ["node", str(ROOT / "web" / "tests" / "node" / "apply.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Yjs(process)
        finally:
            process.kill()


def relayed(sent: Sequence[bytes]) -> tuple[LocalReplica, list[bytes], list[bytes]]:
    """Take updates as a room does; return the document, what members are told, and what is kept."""
    replica, told, taken = LocalReplica([]), list[bytes](), list[bytes]()
    for update in sent:
        try:
            applied = replica.apply_now(update, inspect(update))
        except MalformedUpdate:
            continue
        except ReplicaCorrupt as error:
            raise AssertionError("the CRDT fails") from error
        if applied.changed:
            taken.append(update)
            told.append(update if applied.given is None else applied.given)
    return replica, [update for update in told if update != EMPTY_UPDATE], taken


@pytest.mark.fm("FM-172", size="20,000 documents")
def test_what_members_are_told_makes_the_same_document_in_yjs_in_any_order(seed: int) -> None:
    with yjs() as browser:
        for number in range(20_000 if PROVE else 400):
            chance = random.Random(f"{seed} {number}")
            crafted = Crafted(chance)
            crafted.plan(chance.randint(4, 24))
            replica, told, taken = relayed([crafted.update() for _ in range(chance.randint(4, 24))])
            text = shown(replica)
            whole = replica.diff_now(EMPTY_STATE)
            cut = chance.randint(0, len(told))
            for updates in (
                told,
                [whole],
                chance.sample(told, len(told)),
                [merge(told)],
                # What came between joining and the answer to the state vector.
                [*told[cut:], whole],
            ):
                assert browser.show(updates) == text, (seed, number)
            snapshot, _ = build_snapshot(taken)
            assert shown(LocalReplica(snapshot.parts)) == text
