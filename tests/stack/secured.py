"""A Kafka broker that asks for passwords and certificates, with an authority of its own."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from certificates import make_certificates
from confluent_kafka.admin import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.local.broker import CLUSTER_ID, java, write_log4j

USER = "tutti"
PASSWORD = 'a "quoted" pass\\word $of {ours}'  # noqa: S105 - of this test
"""With what a configuration file could stumble over."""


@dataclass(frozen=True)
class SecuredBroker:
    """A running broker: one listener with SASL_SSL, one with TLS and certificates of clients."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def sasl(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def mtls(self) -> str:
        return f"127.0.0.1:{self.port + 1}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def start_broker(folder: Path, port: int) -> SecuredBroker:
    """Start it; it uses four ports."""
    make_certificates(folder)
    shutil.rmtree(folder / "data", ignore_errors=True)
    module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    lines = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{port + 2}",
        "listeners": f"SASL_SSL://127.0.0.1:{port},SSL://127.0.0.1:{port + 1},"
        f"CONTROLLER://127.0.0.1:{port + 2},INTERNAL://127.0.0.1:{port + 3}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{port},SSL://127.0.0.1:{port + 1},"
        f"INTERNAL://127.0.0.1:{port + 3}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "INTERNAL",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,"
        "SASL_SSL:SASL_SSL,SSL:SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": module,
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": module,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "broker.both",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": folder / "ca.pem",
        "listener.name.ssl.ssl.client.auth": "required",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
    }
    configuration = folder / "server.properties"
    configuration.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    settings = Settings(home=folder)
    write_log4j(settings)
    subprocess.run(
        java(
            settings,
            "kafka.tools.StorageTool",
            *("format", "-t", CLUSTER_ID, "-c", str(configuration)),
            heap_mb=128,
        ),
        check=True,
        capture_output=True,
    )
    log = (folder / "broker.log").open("wb")
    process = subprocess.Popen(
        java(settings, "kafka.Kafka", str(configuration), heap_mb=512), stdout=log, stderr=log
    )
    broker = SecuredBroker(folder, port, process)
    try:
        _add_user(broker)
    except BaseException:
        broker.stop()
        raise
    return broker


def _add_user(broker: SecuredBroker) -> None:
    """With our certificate at the other listener: nothing stands on a command line."""
    settings = Settings(
        home=broker.folder,
        kafka_brokers=broker.mtls,
        kafka_security_protocol="SSL",
        kafka_ca_file=broker.folder / "ca.pem",
        kafka_certificate_file=broker.folder / "tutti.pem",
        kafka_key_file=broker.folder / "tutti.key",
    )
    retry(
        retry=retry_if_exception_type(kafka.KafkaUnavailableError),
        stop=stop_after_delay(300),
        wait=wait_fixed(0.2),
    )(kafka.topics)(settings, 2.0)
    mechanism = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    added = UserScramCredentialUpsertion(USER, mechanism, PASSWORD.encode())
    administrator = kafka.admin(settings)  # kept: its answers come with it only
    for done in administrator.alter_user_scram_credentials([added]).values():
        done.result(timeout=30)
