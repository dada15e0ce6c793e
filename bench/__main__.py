"""`make bench`: Quire beside its peers, in turns, on this machine."""

from __future__ import annotations

import argparse
import asyncio
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from bench import footprint, opens, traces, workloads
from bench.report import chart, live_table, number, table, write
from bench.servers import BASELINE, SERVERS, NotInstallable, Server

RESULTS = Path(__file__).parent / "results"
PAIR = ("quire", BASELINE)
SCENARIOS = ("live", "idle", "cold", "opens", "storage", "wire", "traces")
Figures = dict[str, float]


@contextmanager
def started(name: str) -> Iterator[Server]:
    """A fresh server that is gone afterwards."""
    server = SERVERS[name]()
    try:
        server.start()
        yield server
    finally:
        server.discard()


def available(names: list[str]) -> list[str]:
    """Install what is missing; leave out, with a message, what cannot be had."""
    found = []
    for name in names:
        try:
            SERVERS[name].install()
            found.append(name)
        except NotInstallable as error:
            print(f"skipped {name}: {error}")
    return found


def _live_run(name: str, load: workloads.Workload, seconds: float) -> workloads.Result | None:
    """Run one workload on one server; None when it cannot bear it, at the second attempt for the two compared."""
    for attempts in range(2 if name in PAIR else 1, 0, -1):
        try:
            with started(name) as server:
                return uvloop.run(workloads.run(server, load, seconds))
        except (ConnectionError, TimeoutError) as error:
            print(f"  {load.name} {name}: did not get through ({error or 'too slow'})")
            if name in PAIR and attempts == 1:
                raise
    return None


def live(names: list[str], loads: list[str], rounds: int, seconds: float) -> dict[str, dict[str, object]]:
    """Run the live workloads, the servers taking turns in every round."""
    found: dict[str, dict[str, object]] = {}
    for load in (workloads.WORKLOADS[name] for name in loads):
        runs: dict[str, list[workloads.Result]] = {name: [] for name in names}
        for turn in range(rounds):
            for name in list(runs):
                result = _live_run(name, load, seconds)
                if result is None:
                    del runs[name]
                    continue
                print(
                    f"  {load.name} {turn + 1}/{rounds} {name}: {result.cpu_us:.2f} µs, p99 {result.p99:.1f} ms, "
                    f"lost {result.lost}",
                    flush=True,
                )
                runs[name].append(result)
        medians = {name: workloads.median(results) for name, results in runs.items()}
        print(f"\n{load.name}: {load.title}\n{live_table(medians)}\n", flush=True)
        found[load.name] = {
            "title": load.title,
            "median": medians,
            "runs": {name: [result.as_dict() for result in results] for name, results in runs.items()},
        }
    return found


def repeated(
    title: str,
    names: list[str],
    rounds: int,
    measure: Callable[[Server], Awaitable[Figures]],
) -> dict[str, Figures]:
    """Run one scenario in turns and return the median of each figure."""
    runs: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with started(name) as server:

                async def one(server: Server = server) -> Figures:
                    return await measure(server)

                runs[name].append(uvloop.run(one()))
    medians = {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]} for name, found in runs.items()
    }
    head = list(next(iter(medians.values())))
    rows = [(name, *(number(found[key]) for key in head)) for name, found in medians.items()]
    print(f"\n{title}\n{table(['server', *head], rows)}\n", flush=True)
    return medians


def replayed(names: list[str], rounds: int, edits: int) -> dict[str, object]:
    """Replay every trace on every server that speaks to the Hocuspocus client."""
    files = traces.files()
    if not files:
        print("skipped the editing traces: set QUIRE_TRACES to a folder of *.json.gz")
        return {}
    found: dict[str, object] = {}
    for file in files:

        async def measure(server: Server, file: Path = file) -> Figures:
            result = await asyncio.to_thread(traces.replay, server, file, edits)
            if not result["equal"]:
                raise SystemExit(f"{server.name}: the text after {file.name} differs from the trace's")
            return {key: float(value) for key, value in result.items() if key != "equal"}

        title = f"Trace {file.name.removesuffix('.json.gz')}"
        found[file.name] = repeated(title, names, rounds, measure)
    return found


def measure(options: argparse.Namespace, names: list[str], results: dict[str, object]) -> None:
    """Run the chosen scenarios and put what they find into `results`."""
    pair = [name for name in PAIR if name in names]
    chosen = options.scenarios
    if "live" in chosen:
        measured = live(names, options.workloads, options.rounds, options.seconds)
        results["live"] = measured
        chart(options.output / "cpu.svg", {name: found["median"] for name, found in measured.items()})  # type: ignore[misc]
    if "idle" in chosen:
        results["idle"] = repeated(
            "FM-050 memory of an idle socket, bytes", names, options.rounds, lambda server: footprint.idle(server, 2000)
        )
    if "cold" in chosen:
        results["cold"] = {
            str(past): repeated(
                f"Open a cold 1 MB document with {past:,} past updates",
                pair,
                options.rounds,
                lambda server, past=past: opens.cold_open(server, past),  # type: ignore[misc]
            )
            for past in options.past
        }
    if "opens" in chosen:
        people, count = (100, 50) if options.quick else (1000, 300)
        results["opens"] = {
            "crowd": repeated(
                "FM-092 a crowd opens one cold document of 100 KB at once",
                pair,
                options.rounds,
                lambda server: opens.crowd(server, people),
            ),
            "many": repeated(
                "FM-104 many cold documents of 10 KB are opened, fifty at a time",
                pair,
                options.rounds,
                lambda server: opens.many(server, count),
            ),
        }
    if "storage" in chosen:
        length = 10.0 if options.quick else 60.0
        results["storage"] = repeated(
            "Bytes to storage for a character typed in a 1 MB document",
            pair,
            1,
            lambda server: footprint.storage(server, length),
        )
    if "wire" in chosen:
        results["wire"] = repeated("FM-133 bytes on the wire", pair, options.rounds, footprint.wire)
    if "traces" in chosen:
        results["traces"] = replayed(pair, options.rounds, options.edits)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of everything")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a live run")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--workloads", nargs="+", choices=workloads.WORKLOADS, default=list(workloads.WORKLOADS))
    parser.add_argument("--past", type=int, nargs="+", default=[0, 1000, 20_000], help="past updates of a cold open")
    parser.add_argument("--edits", type=int, default=0, help="edits of each trace (QUIRE_TRACES); 0 is all")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.past, options.edits = 1, 3.0, [0, 1000], 2000
    names = available(options.servers)
    results: dict[str, object] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}",
        "rounds": options.rounds,
        "seconds": options.seconds,
    }
    try:
        measure(options, names, results)
    finally:
        # What was measured before something failed took its time, too.
        write(options.output / "latest.json", results)
        print(f"figures: {options.output / 'latest.json'}")


if __name__ == "__main__":
    main()
