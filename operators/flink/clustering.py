"""Flink's side of clustering: it keeps what `operators.core.clusters` needs to go on.

Imported late and only where the job is built: PyFlink looks for its configuration when Java starts.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

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
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.journal import due, entry, revived
from operators.core.clusters.language import language_of
from operators.core.clusters.records import records
from operators.core.clusters.state_size import StateSize
from operators.core.clusters.thresholds import Thresholds
from operators.flink.semantics import UID, SemanticsJob


class WatchedEncoder(Encoder, Protocol):
    """An encoder that is told what comes of its vectors, for the metrics."""

    def clustered(self, consultation: str, size: StateSize) -> None:
        """Count a proposal; `size` is what is kept of its consultation now."""


Load = Callable[[], tuple[WatchedEncoder, Thresholds]]
"""Loads the encoder, with the cosines that clusters begin with; called once per start."""


class ClusterProposals(KeyedProcessFunction):  # type: ignore[misc]
    """Proposals of a consultation in, records out. The objects live here; state makes them anew."""

    def __init__(self, epoch: int, load: Load) -> None:
        self._epoch, self._load = epoch, load

    def open(self, runtime_context: RuntimeContext) -> None:
        """Load the encoder; nothing is alive yet."""
        self._encoder, self._defaults = self._load()
        self._snapshot = runtime_context.get_state(
            ValueStateDescriptor("snapshot", Types.PICKLED_BYTE_ARRAY())
        )
        self._journal = runtime_context.get_list_state(
            ListStateDescriptor("journal", Types.PICKLED_BYTE_ARRAY())
        )
        self._alive: dict[str, tuple[Clusters, int]] = {}

    def process_element(self, value: Any, ctx: Any) -> Iterator[Row]:  # noqa: ARG002 - PyFlink's
        """Put one proposal where it belongs."""
        consultation, proposal, text, declared, status, at_ms, offset = value
        item = Item(consultation, proposal, text, language_of(text, declared), status, offset)
        clusters, entries = self._alive.get(consultation) or self._revive(consultation)
        vector = self._encoder.encode([text])[0] if clusters.needs_vector(item) else None
        outputs = clusters.on_item(item, vector)
        self._journal.add(entry(item, vector))
        entries += 1
        if due(entries, clusters):
            self._snapshot.update(clusters.snapshot())
            self._journal.clear()
            entries = 0
        self._alive[consultation] = clusters, entries
        self._encoder.clustered(consultation, clusters.size)
        model = self._encoder.model
        for record in records(self._epoch, model, item, at_ms, vector, outputs, clusters):
            yield Row(*record)

    def _revive(self, consultation: str) -> tuple[Clusters, int]:
        snapshot, journal = self._snapshot.value(), list(self._journal.get() or ())
        if snapshot is None:
            encoder = self._encoder
            clusters = Clusters(consultation, encoder.model, encoder.dimension, self._defaults)
        else:
            clusters = Clusters.restore(snapshot)
        return revived(clusters, journal), len(journal)


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
    proposal = Types.ROW([text, text, text, text, text, number, number])
    arrivals = tables.to_append_stream(tables.sql_query(job.source()), Types.ROW([text, proposal]))
    # As `key_by` does, but the key is there already: its way is one more function of Python.
    keyed = KeyedStream(
        arrivals._j_data_stream.keyBy(  # noqa: SLF001 - of PyFlink 2.3.0
            get_gateway().jvm.KeyByKeySelector(), Types.ROW([text]).get_java_type_info()
        ),
        arrivals.get_type(),
        arrivals,
    )
    columns = Types.ROW_NAMED(["topic", "record_key", "record"], [text, text, text])
    emitted = keyed.process(ClusterProposals(job.epoch, load), columns).uid(UID).name(UID)
    statements = tables.create_statement_set()
    statements.add_insert("emitted", tables.from_data_stream(emitted))
    statements.attach_as_datastream()
    return flink
