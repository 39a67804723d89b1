"""Flink's side of clustering: it keeps what `operators.core.clusters` needs to go on.

Imported late and only where the job is built: PyFlink looks for its configuration when Java starts.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from pyflink.common import Configuration, Row, Types
from pyflink.datastream import (
    KeyedProcessFunction,
    KeyedStream,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from models.encoder import Encoder
from operators.core.clusters.clusterings import Clustering, Clusterings
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.journal import Arrival, arrival, arrivals, due, entry, revived
from operators.core.clusters.language import language_of
from operators.core.clusters.records import records
from operators.core.clusters.state_size import StateSize
from operators.core.clusters.thresholds import Thresholds
from operators.flink.semantics import CONSULTATION, UID, SemanticsJob

SLICE: Final = 16
"""Proposals of a clustering that is being made between two records of others, or two checkpoints:
about 0.3 s of encoding."""


class Encoders(Protocol):
    """The installation's encoders by name, each loaded when first needed."""

    def choose(self, languages: Sequence[str], wanted: str) -> str:
        """The encoder of a consultation: see `models.choice`."""

    def get(self, name: str) -> tuple[Encoder, Thresholds]:
        """An encoder, with the cosines that clusters begin with."""

    def clustered(self, consultation: str, size: StateSize) -> None:
        """Count a proposal; `size` is what is kept of its consultation now."""


Load = Callable[[], Encoders]
"""Called once per start."""


@dataclass(slots=True)
class _Making:
    """A clustering beside the one that is shown.

    Attributes:
        clusters: After the first `done` items.
        items: The consultation's proposals so far.
        done: How many of them are clustered.
    """

    clusters: Clusters
    items: list[Arrival]
    done: int = 0


@dataclass(slots=True)
class _Alive:
    """A consultation's objects, which state makes anew after a restart.

    Attributes:
        which: The clusterings that there are.
        clusters: Of the one that is shown; None: no proposal has come.
        entries: Items in its journal.
        making: The other one, as far as it has come.
    """

    which: Clusterings
    clusters: Clusters | None
    entries: int
    making: _Making | None


class ClusterProposals(KeyedProcessFunction):  # type: ignore[misc]
    """Proposals of a consultation in, records out. The objects live here; state makes them anew.

    A clustering that is being made is not in the state: after a restart it begins again, and emits
    the same records under the same keys.
    """

    def __init__(self, job_epoch: int, load: Load) -> None:
        self._job_epoch, self._load = job_epoch, load

    def open(self, runtime_context: RuntimeContext) -> None:
        """No encoder is loaded and nothing is alive yet."""
        self._encoders = self._load()
        stored = Types.PICKLED_BYTE_ARRAY()
        self._which = runtime_context.get_state(ValueStateDescriptor("clusterings", stored))
        self._snapshot = runtime_context.get_state(ValueStateDescriptor("snapshot", stored))
        self._journal = runtime_context.get_list_state(ListStateDescriptor("journal", stored))
        self._history = runtime_context.get_list_state(ListStateDescriptor("history", stored))
        self._alive: dict[str, _Alive] = {}

    def process_element(self, value: Any, ctx: Any) -> Iterator[Row]:
        """Put one proposal where it belongs, or take notice of a consultation's languages."""
        kind, consultation, proposal, text, declared, status, languages, encoder, at_ms, offset = (
            value
        )
        alive = self._alive.get(consultation) or self._revive(consultation)
        if kind == CONSULTATION:
            name = self._encoders.choose(languages.split(), encoder)
            yield from self._change(consultation, alive, name, ctx)
            return
        item = Item(consultation, proposal, text, language_of(text, declared), status, offset)
        arrived = Arrival(item, at_ms)
        self._history.add(arrival(item, at_ms))
        if alive.making is not None:
            alive.making.items.append(arrived)
        if alive.clusters is None:
            alive.clusters = self._empty(consultation, alive.which.shown)
        clusters = alive.clusters
        vector = yield from self._put(alive.which.shown, clusters, arrived)
        self._journal.add(entry(item, vector))
        alive.entries += 1
        if due(alive.entries, clusters):
            self._keep(alive)
        self._encoders.clustered(consultation, clusters.size)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Row]:  # noqa: ARG002 - PyFlink's
        """Go on with a clustering that is being made."""
        consultation = ctx.get_current_key()
        alive = self._alive.get(consultation) or self._revive(consultation)
        yield from self._make(alive, ctx)

    def _change(self, consultation: str, alive: _Alive, name: str, ctx: Any) -> Iterator[Row]:
        """Begin a clustering with another encoder, unless the newest one has it."""
        wanted = alive.which.with_encoder(name)
        if alive.clusters is None:  # nothing is clustered, so nothing has to be made anew
            alive.which = Clusterings(Clustering(name, self._job_epoch))
        elif wanted != alive.which:
            alive.which = wanted
            alive.making = self._begun(consultation, wanted)
            yield from self._make(alive, ctx)
        self._which.update(msgspec.msgpack.encode(alive.which))

    def _make(self, alive: _Alive, ctx: Any) -> Iterator[Row]:
        """Cluster the next slice; after the last one the new clustering takes the place."""
        making, clustering = alive.making, alive.which.making
        if making is None or clustering is None:  # the timer of one that was given up
            return
        for arrived in making.items[making.done : making.done + SLICE]:
            yield from self._put(clustering, making.clusters, arrived)
            making.done += 1
        if making.done < len(making.items):
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + 1)
            return
        alive.which, alive.clusters, alive.making = alive.which.finished(), making.clusters, None
        self._which.update(msgspec.msgpack.encode(alive.which))
        self._keep(alive)

    def _put(
        self, clustering: Clustering, clusters: Clusters, arrived: Arrival
    ) -> Generator[Row, None, NDArray[np.float32] | None]:
        """Cluster one item; yields its records and returns the vector that it was given."""
        item, vector = arrived.item, None
        if clusters.needs_vector(item):
            encoder, _ = self._encoders.get(clustering.encoder)
            vector = encoder.encode([item.text])[0] if encoder.reads(item.text) else None
        outputs = clusters.on_item(item, vector)
        epochs = clustering.epoch, self._job_epoch
        for record in records(*epochs, item, arrived.at_ms, vector, outputs, clusters):
            yield Row(*record)
        return vector

    def _keep(self, alive: _Alive) -> None:
        """Let a snapshot take the place of the journal."""
        if alive.clusters is not None:
            self._snapshot.update(alive.clusters.snapshot())
        self._journal.clear()
        alive.entries = 0

    def _revive(self, consultation: str) -> _Alive:
        known, snapshot = self._which.value(), self._snapshot.value()
        journal = list(self._journal.get() or ())
        if known is None:
            name = self._encoders.choose((), "")
            which = Clusterings(Clustering(name, self._job_epoch))
        else:
            which = msgspec.msgpack.decode(known, type=Clusterings)
        clusters = None if snapshot is None else Clusters.restore(snapshot)
        if clusters is None and journal:
            clusters = self._empty(consultation, which.shown)
        if clusters is not None:
            clusters = revived(clusters, journal)
        making = None if which.making is None else self._begun(consultation, which)
        self._alive[consultation] = _Alive(which, clusters, len(journal), making)
        return self._alive[consultation]

    def _empty(self, consultation: str, clustering: Clustering) -> Clusters:
        encoder, defaults = self._encoders.get(clustering.encoder)
        return Clusters(consultation, encoder.model, encoder.dimension, defaults)

    def _begun(self, consultation: str, which: Clusterings) -> _Making:
        clustering = which.making or which.shown
        items = arrivals(self._history.get() or ())
        return _Making(self._empty(consultation, clustering), items)


def graph(options: dict[str, str], job: SemanticsJob, load: Load) -> Any:
    """A Flink of its own that holds the job, not yet running."""
    configuration = Configuration()
    for key, value in options.items():
        configuration.set_string(key, value)
    flink = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(flink)
    for statement in job.tables():
        tables.execute_sql(statement)
    text, number = Types.STRING(), Types.LONG()
    event = Types.ROW([*[text] * 8, number, number])
    events = tables.to_append_stream(tables.sql_query(job.source()), Types.ROW([text, event]))
    # As `key_by` does, but the key is there already: its way is one more function of Python.
    keyed = KeyedStream(
        events._j_data_stream.keyBy(  # noqa: SLF001 - of PyFlink 2.3.0
            get_gateway().jvm.KeyByKeySelector(), Types.ROW([text]).get_java_type_info()
        ),
        events.get_type(),
        events,
    )
    columns = Types.ROW_NAMED(["topic", "record_key", "record"], [text, text, text])
    emitted = keyed.process(ClusterProposals(job.epoch, load), columns).uid(UID).name(UID)
    statements = tables.create_statement_set()
    statements.add_insert("emitted", tables.from_data_stream(emitted))
    statements.attach_as_datastream()
    return flink
