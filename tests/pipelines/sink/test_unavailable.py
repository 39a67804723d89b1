"""The sink while Kafka is away."""

from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.kafka import client as kafka
from pipelines.sink.sink import Sink


def test_it_waits_for_kafka_in_its_process(tmp_path, monkeypatch):
    """Ending takes the Kafka client up to a minute, and the numbers would stand still for it."""
    monkeypatch.setattr(kafka, "TIMEOUT_S", 0.2)
    with ready_clickhouse(tmp_path) as settings:
        nowhere = settings.model_copy(update={"kafka_brokers": "127.0.0.1:1"})
        sink = Sink(
            kafka.consumer(nowhere, kafka.SINK_GROUP),
            kafka.consumer(nowhere, kafka.INTAKE_GROUP),
            kafka.admin(nowhere),
            connect(settings),
            None,
        )
        sink.step()
        assert sink.tick() is False
