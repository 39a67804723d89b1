"""What a ballot costs in memory and on disk: the votes job alone, over a log that is there already.

Broker, generator and intake make the log once; then each run counts all of it in an epoch of its
own, with nothing beside it but the broker. Then the job is killed, more votes are sent, and the
time until it shows results again is taken. Every tally of every run is compared with what was sent.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np
import psutil
from confluent_kafka import KafkaException

from infra.config.folders import CHECKOUT
from infra.config.secrets import pseudonym_key
from infra.config.settings import Settings
from infra.flink.rest import FlinkRest
from infra.flink.tls import make_identity
from infra.kafka import client as kafka
from infra.local.epochs import epoch_folder
from infra.local.free_ports import free_port_base
from infra.service.heartbeat import last_beat
from infra.service.waiting import wait_until
from loadtests.evaluation.state_run import StateRun, StateSample
from loadtests.expected import Cells, expect
from loadtests.generator import Sent, Started, TrafficPlan
from loadtests.votes import Segment, Votes
from loadtests.workload import Workload
from operators.core.clock import system_clock
from operators.core.errors import TransientError
from operators.core.votes.tally import COUNTERS
from operators.flink.state import StateKind
from schemas.topics import ACCEPTED_VOTES, PROGRESS, TALLIES, VOTES

PATIENCE_S: Final = 7_200.0
LOOK_EVERY_S: Final = 2.0
STOP_S: Final = 60
MORE: Final = 20
"""One part in so many is sent after the kill: its re-votes need the state of before."""
TAIL: Final = 3_000
"""Characters of a log that say why a job has ended; its folder is removed."""
VOTES_JOB: Final = "pipelines.votes.main"
_HEAP: Final = "Status.JVM.Memory.Heap.Used"

Say = Callable[[str], None]


def measure(
    workload: Workload, votes: int, kinds: Sequence[StateKind], heap_mb: int, say: Say
) -> Iterator[StateRun]:
    """Count the first votes of a workload once for each of `kinds`, one after the other.

    Args:
        workload: Whose votes.
        votes: How many are sent.
        kinds: Where each run keeps ballots.
        heap_mb: The heap of runs in memory, MiB; those on disk have the default.
        say: Receives lines on how far it is.
    """
    with TemporaryDirectory(prefix="tutti-state-") as folder:
        settings = Settings().model_copy(
            update={"home": Path(folder) / "home", "port_base": free_port_base()}
        )
        settings.run.mkdir(parents=True)
        pseudonym_key(settings)
        make_identity(settings)
        with _service(settings, "infra.local.broker"):
            wait_until(lambda: _answers(settings), 120, every_s=0.5)
            kafka.create_topics(settings)
            segments = [_send(settings, workload, 0, votes)]
            for kind in kinds:
                yield _count(settings, workload, segments, kind, heap_mb, say)
                # The next run finds output without state: it counts into an epoch never used.
                shutil.rmtree(settings.home / "votes")


def _answers(settings: Settings) -> bool:
    with suppress(TransientError):
        return bool(kafka.topics(settings, 2) or True)
    return False


@contextmanager
def _service(settings: Settings, module: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A service as a process of its own group, ended with the block."""
    environment = {
        "TUTTI_HOME": str(settings.home),
        "TUTTI_PORT_BASE": str(settings.port_base),
        **more,
    }
    settings.logs.mkdir(parents=True, exist_ok=True)
    with (settings.logs / f"{module}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=CHECKOUT,
            env=os.environ | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        _end(process, signal.SIGKILL)
        process.wait()


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)


def _send(settings: Settings, workload: Workload, first: int, count: int) -> Segment:
    """Send votes of a workload and have intake accept them."""
    plan = TrafficPlan(workload.model_dump(), first, count, workload.rate, 0)
    with _service(settings, "pipelines.intake.main"):
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.generator"],
            cwd=CHECKOUT,
            env=os.environ
            | {"TUTTI_HOME": str(settings.home), "TUTTI_PORT_BASE": str(settings.port_base)},
            input=msgspec.json.encode(plan),
            stdout=subprocess.PIPE,
            check=True,
        )
        started, sent = done.stdout.splitlines()
        if msgspec.json.decode(sent, type=Sent).failed:
            raise TransientError("The broker did not take all votes.")
        group = kafka.consumer(settings, kafka.INTAKE_GROUP)
        broker = kafka.admin(settings)
        ends = kafka.ends(broker, [(VOTES.name, p) for p in range(VOTES.partitions)])

        def taken() -> bool:
            try:
                done = kafka.committed(group, VOTES).values()
            except KafkaException:  # a broker that has just started does not know the group yet
                return False
            return bool(sum(max(at.offset, 0) for at in done) == sum(ends.values()))

        if not wait_until(taken, PATIENCE_S, every_s=1):
            raise TransientError("Intake does not take the votes.")
        group.close()
    start_ms = msgspec.json.decode(started, type=Started).start_ms
    return Segment(first, count, start_ms, workload.rate, 0)


def _count(
    settings: Settings,
    workload: Workload,
    segments: list[Segment],
    kind: StateKind,
    heap_mb: int,
    say: Say,
) -> StateRun:
    """One run: count the log, kill the job, send more, start it again, count that, compare.

    Args:
        settings: Where the broker is.
        workload: Whose votes.
        segments: What stands in the log; this run's is added.
        kind: Where ballots are kept.
        heap_mb: The heap, MiB, if that is in memory.
        say: Receives what there is to count.
    """
    heap = {"TUTTI_FLINK_HEAP_MB": str(heap_mb)} if kind == "memory" else {}
    environment = {"TUTTI_STATE": kind, **heap}
    with _service(settings, VOTES_JOB, **environment) as process:
        samples = _follow(settings, process)
        epoch = _epoch(settings, process.pid)
        _end(process, signal.SIGKILL)
    sent = segments[-1].first + segments[-1].count
    segments.append(_send(settings, workload, sent, max(sent // MORE, 1)))
    wanted = expect(workload, segments, system_clock)
    say(f"{kind}: {wanted.accepted:,} accepted votes, {len(wanted.tallies.codes):,} tallies")
    started_s = time.monotonic()
    with _service(settings, VOTES_JOB, **environment) as process:

        def restored() -> bool:
            beat = last_beat(settings, "votes")
            return beat is not None and beat.pid == process.pid and beat.ready

        if not wait_until(restored, PATIENCE_S, every_s=0.1):
            raise TransientError("The votes job does not restart.")
        restart_s = time.monotonic() - started_s
        if _epoch(settings, process.pid) != epoch:
            raise TransientError("The votes job counts anew instead of going on.")
        _follow(settings, process)
    different = _different(settings, workload, epoch, wanted.tallies)
    return StateRun(kind, samples, restart_s, different)


def _follow(settings: Settings, process: subprocess.Popen[bytes]) -> list[StateSample]:
    """Look at a job until its visible output holds the whole log."""
    places = [(ACCEPTED_VOTES.name, p) for p in range(ACCEPTED_VOTES.partitions)]
    votes = sum(kafka.ends(kafka.admin(settings), places).values())
    samples: list[StateSample] = []
    began_s = time.monotonic()

    def finished() -> bool:
        if process.poll() is not None:
            log = (settings.logs / f"{VOTES_JOB}.log").read_text(errors="replace")
            raise TransientError(f"The votes job ended:\n{log[-TAIL:]}")
        found = _sample(settings, process.pid, began_s)
        if found is not None:
            samples.append(found)
        return bool(samples) and samples[-1].votes >= votes

    if not wait_until(finished, PATIENCE_S, every_s=LOOK_EVERY_S):
        raise TransientError("The votes job does not come to the end of the log.")
    return samples


def _epoch(settings: Settings, pid: int) -> int:
    """What the job counts into; 0 before it runs."""
    beat = last_beat(settings, "votes")
    return int(beat.facts.get("epoch", 0)) if beat is not None and beat.pid == pid else 0


def _sample(settings: Settings, pid: int, began_s: float) -> StateSample | None:
    """The job now; None before it has shown anything."""
    epoch = _epoch(settings, pid)
    votes = _counted(settings, epoch) if epoch else 0
    if not votes:
        return None
    flink = FlinkRest(settings, settings.flink_port)
    jobs = flink.get("/jobs/overview").get("jobs", [])
    found = flink.get(f"/jobs/{jobs[0]['jid']}/checkpoints") if jobs else {}
    newest = (found.get("latest") or {}).get("completed") or {}
    heap = flink.get(f"/jobmanager/metrics?get={_HEAP}")
    root = psutil.Process(pid)
    family = [root, *root.children(recursive=True)]
    cpu = [process.cpu_times() for process in family]
    return StateSample(
        votes=votes,
        at_s=round(time.monotonic() - began_s, 2),
        cpu_s=round(sum(used.user + used.system for used in cpu), 2),
        rss_mb=sum(process.memory_info().rss for process in family) >> 20,
        heap_mb=round(sum(float(one["value"]) for one in heap)) >> 20,
        disk_mb=_size(epoch_folder(settings, epoch)) >> 20,
        checkpoint_ms=int(newest.get("end_to_end_duration", 0)),
    )


def _size(folder: Path) -> int:
    """Bytes of all files; some may go while they are added up."""
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):
                size += Path(place, name).stat().st_size
    return size


def _counted(settings: Settings, epoch: int) -> int:
    """Accepted votes that an epoch's visible output holds."""
    newest: dict[int, int] = {}
    reader = kafka.consumer(settings, "tutti-state-progress")
    for message in kafka.read_to_end(reader, PROGRESS):
        key, value = msgspec.json.decode(message.key()), message.value()
        if key["epoch"] == epoch and value is not None:
            newest[key["partition"]] = msgspec.json.decode(value)["offset"] + 1
    reader.close()
    return sum(newest.values())


def _different(settings: Settings, workload: Workload, epoch: int, wanted: Cells) -> int:
    """How many of an epoch's tallies differ from what was drawn."""
    votes = Votes(workload)
    countries = {name: place for place, name in enumerate(votes.countries)}
    trusts = {name: place for place, name in enumerate(votes.trusts)}
    found: dict[int, tuple[int, ...]] = {}
    reader = kafka.consumer(settings, "tutti-state-tallies")
    for message in kafka.read_to_end(reader, TALLIES):
        key, value = msgspec.json.decode(message.key()), message.value()
        if key["epoch"] != epoch:
            continue
        place = int(key["proposal_id"].removeprefix("p-")) * len(countries)
        place = (place + countries[key["country"]]) * len(trusts) + trusts[key["trust"]]
        row = msgspec.json.decode(value) if value is not None else {}
        found[place] = tuple(row.get(name, 0) for name in COUNTERS)
    reader.close()
    places, rows = (wanted.codes >> np.int64(32)).tolist(), wanted.counts.tolist()
    drawn = {place: tuple(row) for place, row in zip(places, rows, strict=True)}
    none = (0,) * len(COUNTERS)
    return sum(
        found.get(place, none) != drawn.get(place, none) for place in found.keys() | drawn.keys()
    )
