"""Settings: every address, folder and limit of one tutti installation, read once in ``main``.

The environment (``TUTTI_*``) is read here and nowhere else; everything below ``main`` receives a
frozen `Settings` as an argument.
"""

from hashlib import blake2b
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.addresses import Brokers, HttpUrl, RedisUrl

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One installation. Field names are the environment's, without ``TUTTI_``.

    Ports count up from ``port_base`` in a fixed order, so that two stacks run side by side as
    soon as their ``home`` and ``port_base`` differ.
    """

    model_config = SettingsConfigDict(
        env_prefix="TUTTI_",
        frozen=True,
        extra="ignore",
        # An empty variable is an unset one.
        env_ignore_empty=True,
        # What is wrong with a value is said without the value: it may hold a password.
        hide_input_in_errors=True,
    )

    home: Path = Field(CHECKOUT / "var", description="folder of all data, logs and sockets")
    port_base: int = Field(18100, ge=1024, le=65000, description="first of ten local ports")
    jars: Path = Field(CHECKOUT / "build" / "jars", description="folder of the Java archives")
    pseudonym_key: SecretStr | None = Field(
        None, description="key of the pseudonyms; unset: a file made in `home` at first start"
    )
    instance: int = Field(0, ge=0, description="number of this intake process; each has its own")
    flink_heap_mb: int = Field(2048, ge=512, description="heap of the votes job, MiB")
    kafka_heap_mb: int = Field(768, ge=256, description="heap of the broker, MiB")
    clickhouse_memory_mb: int = Field(3072, ge=512, description="memory of ClickHouse, MiB")
    redis_memory_mb: int = Field(128, ge=16, description="memory of Redis, MiB")
    checkpoint_interval_ms: int = Field(
        1000, ge=100, description="time between checkpoints of the votes job, ms; sets freshness"
    )
    parallelism: int | None = Field(
        None, ge=1, le=4, description="parallel tasks of the votes job; default min(cores, 4)"
    )

    kafka_brokers: Brokers | None = Field(
        None, description="Kafka elsewhere, as host:port,host:port; unset: the local broker"
    )
    clickhouse_url: HttpUrl | None = Field(
        None, description="ClickHouse elsewhere, as https://host:port; unset: the local server"
    )
    analyst_url: HttpUrl | None = Field(
        None,
        description="ClickHouse for analysts, if elsewhere; unset: that of `clickhouse_url`, or"
        " the local server's read-only port",
    )
    redis_url: RedisUrl | None = Field(
        None, description="Redis elsewhere, as rediss://host:port/0; unset: the local server"
    )

    @property
    def clickhouse_port(self) -> int:
        """ClickHouse's HTTP interface for the sink and operators."""
        return self.port_base + 1

    @property
    def analyst_port(self) -> int:
        """ClickHouse's read-only HTTP interface for analysts."""
        return self.port_base + 2

    @property
    def kafka_port(self) -> int:
        """The broker's client listener."""
        return self.port_base + 3

    @property
    def kafka_controller_port(self) -> int:
        """The broker's KRaft controller listener."""
        return self.port_base + 4

    @property
    def redis_port(self) -> int:
        """Redis."""
        return self.port_base + 5

    @property
    def flink_port(self) -> int:
        """Flink's web interface of the votes job."""
        return self.port_base + 6

    @property
    def brokers(self) -> str:
        """Kafka's bootstrap servers, local or elsewhere."""
        return self.kafka_brokers or f"127.0.0.1:{self.kafka_port}"

    @property
    def clickhouse(self) -> str:
        """URL of ClickHouse for the sink and operators, local or elsewhere."""
        return self.clickhouse_url or f"http://127.0.0.1:{self.clickhouse_port}"

    @property
    def clickhouse_for_analysts(self) -> str:
        """URL of ClickHouse for analysts, local or elsewhere."""
        return self.analyst_url or self.clickhouse_url or f"http://127.0.0.1:{self.analyst_port}"

    @property
    def redis(self) -> str:
        """URL of Redis, local or elsewhere."""
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def logs(self) -> Path:
        """Folder of the parts' logs."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Folder of generated configuration and heartbeats."""
        return self.home / "run"

    @property
    def socket_dir(self) -> Path:
        """Folder of the supervisor's socket: short, because a socket's path has 107 bytes."""
        digest = blake2b(str(self.home.resolve()).encode(), digest_size=6).hexdigest()
        return Path("/tmp") / f"tutti-{digest}"  # noqa: S108 - made with mode 0700, owner checked
