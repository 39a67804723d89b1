"""Settings: every address, folder and limit of one tutti installation, read once in ``main``.

The environment (``TUTTI_*``) is read here and nowhere else; everything below ``main`` receives a
frozen `Settings` as an argument.
"""

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from infra.config.addresses import Brokers, HttpUrl, RedisUrl, WebUrl
from infra.config.folders import HOME, JARS, MODEL, MODELS
from infra.config.live_settings import LiveSettings
from infra.config.votes_job_settings import VotesJobSettings

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(LiveSettings, VotesJobSettings):
    """One installation. Field names are the environment's, without ``TUTTI_``.

    Ports count up from ``port_base`` in a fixed order, so that two stacks run side by side as
    soon as their ``home`` and ``port_base`` differ.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        # What is wrong with a value is reported without the value: it may hold a password.
        hide_input_in_errors=True,
    )

    home: Path = Field(HOME, description="folder of all data and logs; without a percent sign")
    port_base: int = Field(18100, ge=1024, le=65000, description="first of 11 ports on 127.0.0.1")
    jars: Path = Field(JARS, description="folder of the Java archives; set: no Maven is needed")
    model: Path = Field(
        MODELS / MODEL / "manifest.toml",
        description="manifest of the sentence encoder for all but English",
    )
    pseudonym_key: SecretStr | None = Field(
        None,
        description="key of the pseudonyms, 16 to 64 bytes; unset: made at the first start, kept in"
        " secrets/pseudonym.key of TUTTI_HOME",
    )
    instance: int = Field(
        0,
        ge=0,
        description="number of this intake process, where there are more; each needs its own",
    )
    semantics_heap_mb: int = Field(
        512,
        ge=256,
        description="heap of the semantics job, MiB; its Python needs 400 to 900 MiB beside that",
    )
    kafka_heap_mb: int = Field(768, ge=256, description="heap of the broker, MiB")
    clickhouse_memory_mb: int = Field(
        3072, ge=512, description="memory that ClickHouse may use, MiB"
    )
    redis_memory_mb: int = Field(128, ge=16, description="memory that Redis may use, MiB")
    probe_seconds: int = Field(
        10, ge=0, le=3600, description="time between probe votes, s; 0: none are sent"
    )

    kafka_brokers: Brokers | None = Field(
        None, description="Kafka elsewhere, as host:port,host:port; unset: the local broker"
    )
    clickhouse_url: HttpUrl | None = Field(
        None, description="ClickHouse elsewhere, as https://host:port; unset: the local server"
    )
    analyst_url: HttpUrl | None = Field(
        None,
        description="ClickHouse for analysts, if elsewhere; unset: that of TUTTI_CLICKHOUSE_URL, or"
        " the local server's read-only port",
    )
    redis_url: RedisUrl | None = Field(
        None,
        description="Redis elsewhere, as rediss://host:port/0, without user and password; unset:"
        " the local server",
    )

    # Passwords are never values here, only the paths of files that their owner alone may read:
    # what holds no secret cannot show it.
    pseudonym_key_file: Path | None = Field(
        None, description="file of the pseudonyms' key, instead of TUTTI_PSEUDONYM_KEY"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        "PLAINTEXT", description="protocol of Kafka elsewhere; SASL_PLAINTEXT on this machine only"
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="mechanism of the password at Kafka"
    )
    kafka_user: str | None = Field(None, description="user at Kafka, with SASL")
    kafka_password_file: Path | None = Field(None, description="file of that user's password")
    kafka_ca_file: Path | None = Field(
        None, description="authority of Kafka's certificate, PEM; unset: the system's authorities"
    )
    kafka_certificate_file: Path | None = Field(
        None, description="our own certificate with its chain, PEM, if Kafka asks for one"
    )
    kafka_key_file: Path | None = Field(
        None, description="private key of that certificate, PEM (PKCS #8)"
    )
    clickhouse_user: str = Field("default", description="user of the sink and of operators")
    clickhouse_password_file: Path | None = Field(
        None,
        description="file of that user's password; unset: the local server makes"
        " secrets/clickhouse.password of TUTTI_HOME",
    )
    analyst_user: str = Field("default", description="user of `tutti query`")
    analyst_password_file: Path | None = Field(
        None,
        description="file of that user's password; the local server then demands it at the"
        " analysts' port",
    )
    clickhouse_ca_file: Path | None = Field(
        None, description="authority of ClickHouse's certificate, PEM; unset: the system's"
    )
    redis_user: str | None = Field(None, description="user at Redis elsewhere; unset: its default")
    redis_password_file: Path | None = Field(
        None, description="file of Redis's password; the local server then demands it"
    )
    redis_ca_file: Path | None = Field(
        None, description="authority of Redis's certificate, PEM; unset: the system's"
    )
    grafana_url: WebUrl | None = Field(
        None, description="Grafana, as https://host:3000/path, for `tutti dashboards`"
    )
    grafana_token: SecretStr | None = Field(
        None, description="token of a service account there; better in a file"
    )
    grafana_token_file: Path | None = Field(
        None, description="file of that token, instead of TUTTI_GRAFANA_TOKEN"
    )
    grafana_ca_file: Path | None = Field(
        None, description="authority of Grafana's certificate, PEM; unset: the system's"
    )
    trust_rules: Path | None = Field(
        None, description="TOML file: which source may set which trust; unset: each sets any"
    )
    sources_file: Path | None = Field(
        None, description="file of `tutti sources`; unset: secrets/sources.toml of TUTTI_HOME"
    )
    closings_file: Path | None = Field(
        None, description="file of `tutti close`; unset: secrets/closings.toml of TUTTI_HOME"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_the_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What is not given, as the environment says; an empty variable is an unset one.

        Not by pydantic-settings: every command would wait for its import longer than for its own
        work.
        """
        variables = {name.upper(): value for name, value in os.environ.items() if value}
        named = {name: f"TUTTI_{name.upper()}" for name in cls.model_fields}
        return {
            name: variables[variable] for name, variable in named.items() if variable in variables
        } | given

    @field_validator("*", mode="after")
    @classmethod
    def _paths_are_absolute(cls, value: object) -> object:
        """The services run in another folder than the command that started them."""
        return value.absolute() if isinstance(value, Path) else value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for fault in (*_kafka_faults(self), *_other_faults(self)):
            raise ValueError(fault)
        return self

    @property
    def live_port(self) -> int:
        """The public pages, JSON and event streams, and the operators' page."""
        return self.port_base

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
    def semantics_port(self) -> int:
        """Flink's web interface of the semantics job."""
        return self.port_base + 7

    @property
    def metrics_port(self) -> int:
        """Metrics of the services but Kafka, ClickHouse and Redis, for Prometheus."""
        return self.port_base + 8

    @property
    def http_intake_port(self) -> int:
        """HTTP intake: campaigns send here without Kafka."""
        return self.port_base + 10

    @property
    def sources(self) -> Path:
        """File of the sources that may send."""
        return self.sources_file or self.home / "secrets" / "sources.toml"

    @property
    def closings(self) -> Path:
        """File of the closings of consultations."""
        return self.closings_file or self.home / "secrets" / "closings.toml"

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

    def password_files(self) -> list[tuple[Path, str]]:
        """The files of passwords that are set, each with the name of its setting."""
        return [
            (value, f"TUTTI_{name.upper()}")
            for name, value in self
            if name.endswith("_password_file") and isinstance(value, Path)
        ]

    @property
    def logs(self) -> Path:
        """Folder of the services' logs."""
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


def _kafka_faults(settings: Settings) -> Iterator[str]:
    """What does not fit together: better reported at once than found in a log."""
    protocol = settings.kafka_security_protocol
    sasl, tls = protocol.startswith("SASL"), protocol.endswith("SSL")
    login = (settings.kafka_user, settings.kafka_password_file)
    own = (settings.kafka_certificate_file, settings.kafka_key_file)
    brokers = settings.brokers.split(",")
    if settings.kafka_brokers is None and protocol != "PLAINTEXT":
        yield "TUTTI_KAFKA_SECURITY_PROTOCOL needs TUTTI_KAFKA_BROKERS: the local broker has none"
    if sasl and None in login:
        yield f"{protocol} needs TUTTI_KAFKA_USER and TUTTI_KAFKA_PASSWORD_FILE"
    if not sasl and any(login):
        yield "TUTTI_KAFKA_USER and TUTTI_KAFKA_PASSWORD_FILE need a protocol with SASL"
    if not tls and any((settings.kafka_ca_file, *own)):
        yield "TUTTI_KAFKA_CA_FILE, _CERTIFICATE_FILE and _KEY_FILE need SSL or SASL_SSL"
    if any(own) and not all(own):
        yield "TUTTI_KAFKA_CERTIFICATE_FILE and TUTTI_KAFKA_KEY_FILE go together"
    if protocol == "SASL_PLAINTEXT" and not all(
        urlsplit(f"//{broker}").hostname in _LOOPBACK for broker in brokers
    ):
        yield "SASL_PLAINTEXT would send the password readable over the network: use SASL_SSL"


def _other_faults(settings: Settings) -> Iterator[str]:
    for name, address, password, authority in (
        (
            "CLICKHOUSE_URL",
            settings.clickhouse,
            settings.clickhouse_password_file,
            settings.clickhouse_ca_file,
        ),
        (
            "ANALYST_URL",
            settings.clickhouse_for_analysts,
            settings.analyst_password_file,
            None,
        ),
        ("REDIS_URL", settings.redis, settings.redis_password_file, settings.redis_ca_file),
    ):
        url = urlsplit(address)
        if authority and url.scheme in {"http", "redis"}:
            yield f"TUTTI_{name} must begin with {url.scheme}s:// where there is a CA file"
        if password and url.scheme in {"http", "redis"} and url.hostname not in _LOOPBACK:
            yield (
                f"TUTTI_{name} would send the password readable over the network:"
                f" use {url.scheme}s://"
            )
    yield from _grafana_faults(settings)
    if settings.redis_url is None and settings.redis_user is not None:
        yield "TUTTI_REDIS_USER needs TUTTI_REDIS_URL: the local server has one user only"
    if settings.pseudonym_key is not None and settings.pseudonym_key_file is not None:
        yield "TUTTI_PSEUDONYM_KEY and TUTTI_PSEUDONYM_KEY_FILE: set one of them"


def _grafana_faults(settings: Settings) -> Iterator[str]:
    url = urlsplit(settings.grafana_url or "")
    token, file = settings.grafana_token, settings.grafana_token_file
    if token is not None and file is not None:
        yield "TUTTI_GRAFANA_TOKEN and TUTTI_GRAFANA_TOKEN_FILE: set one of them"
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        yield ("TUTTI_GRAFANA_URL would send the token readable over the network: use https://")
    if url.scheme == "http" and settings.grafana_ca_file:
        yield "TUTTI_GRAFANA_URL must begin with https:// where there is a CA file"
