"""The service sink: reads what intake and the jobs wrote, inserts it into ClickHouse."""

from typing import Final

from clickhouse_connect.driver.client import Client
from tenacity import retry, retry_if_exception_type, wait_fixed

from infra import redis
from infra.clickhouse.client import ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.service.gc_tuning import tune_gc
from infra.service.metrics import SINK
from infra.service.runner import run
from pipelines.sink.sink import Sink

REDIS_TIMEOUT_S: Final = 0.05


@retry(retry=retry_if_exception_type(ClickHouseUnavailableError), wait=wait_fixed(1.0))
def _connect(settings: Settings) -> Client:
    return connect(settings)


def build(settings: Settings) -> Sink:
    """The sink of this installation; waits for ClickHouse."""
    sink = Sink(
        # protects: the sink reads committed records only
        kafka.consumer(settings, kafka.SINK_GROUP),
        kafka.consumer(settings, kafka.INTAKE_GROUP),
        kafka.admin(settings),
        _connect(settings),
        redis.connect(settings, timeout_s=REDIS_TIMEOUT_S),
    )
    tune_gc()
    return sink


def main() -> None:
    """Run until told to stop."""
    run("sink", build, metrics=SINK)


if __name__ == "__main__":
    main()
