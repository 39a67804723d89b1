"""How we prove to Kafka who we are, and Kafka to us: for librdkafka and for Flink's Java client.

Java's client gets the password in a file for Java's own login service (JAAS), never in an option
of a table: nothing promises that options stay out of plans, logs and the web interface.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.config.secrets import read_private, read_secret, write_private
from infra.config.settings import Settings
from operators.core.errors import TerminalError

JAAS_PROPERTY: Final = "java.security.auth.login.config"

# Flink's connector carries Kafka's client under another name.
_SHADED: Final = "org.apache.flink.kafka.shaded.org.apache.kafka.common.security"
_MODULES: Final = {
    "SCRAM-SHA-256": f"{_SHADED}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{_SHADED}.scram.ScramLoginModule",
    "PLAIN": f"{_SHADED}.plain.PlainLoginModule",
}


def librdkafka(settings: Settings) -> dict[str, str]:
    """Settings of confluent-kafka's clients; they hold the password.

    Raises:
        TerminalError: A file cannot be read.
    """
    found: dict[str, str] = {"security.protocol": settings.kafka_security_protocol}
    if _sasl(settings):
        found |= {
            "sasl.mechanism": settings.kafka_sasl_mechanism,
            "sasl.username": settings.kafka_user or "",
            "sasl.password": _password(settings),
        }
    for name, file in (
        ("ssl.ca.location", settings.kafka_ca_file),
        ("ssl.certificate.location", settings.kafka_certificate_file),
    ):
        if file is not None:
            _pem(file)
            found[name] = str(file)
    if settings.kafka_key_file is not None:
        read_private(settings.kafka_key_file, "TUTTI_KAFKA_KEY_FILE")
        found["ssl.key.location"] = str(settings.kafka_key_file)
    return found


@dataclass(frozen=True, slots=True)
class JavaSecurity:
    """What Flink's Kafka client needs.

    Attributes:
        properties: Options of the client, without any secret.
        system: System properties of the Java machine.
    """

    properties: dict[str, str] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)


def java(settings: Settings, folder: Path) -> JavaSecurity:
    """Write what Java reads from files, and say where they are.

    Args:
        settings: Users and files.
        folder: For the files, which only their owner can read.

    Raises:
        TerminalError: A file cannot be read.
    """
    if settings.kafka_security_protocol == "PLAINTEXT":
        return JavaSecurity()
    properties: dict[str, str] = {"security.protocol": settings.kafka_security_protocol}
    system = {}
    if _sasl(settings):
        properties["sasl.mechanism"] = settings.kafka_sasl_mechanism
        write_private(folder / "kafka.jaas", _jaas(settings))
        system[JAAS_PROPERTY] = str(folder / "kafka.jaas")
    if settings.kafka_ca_file is not None:
        _pem(settings.kafka_ca_file)
        properties["ssl.truststore.type"] = "PEM"
        properties["ssl.truststore.location"] = str(settings.kafka_ca_file)
    if settings.kafka_certificate_file is not None and settings.kafka_key_file is not None:
        key = read_private(settings.kafka_key_file, "TUTTI_KAFKA_KEY_FILE")
        if "-----BEGIN PRIVATE KEY-----" not in key:
            raise TerminalError(
                f"TUTTI_KAFKA_KEY_FILE: {settings.kafka_key_file} must be an unencrypted PKCS #8"
                " key: openssl pkcs8 -topk8 -nocrypt makes one."
            )
        # Java wants both in one file.
        write_private(
            folder / "kafka.keystore.pem", f"{key}\n{_pem(settings.kafka_certificate_file)}"
        )
        properties["ssl.keystore.type"] = "PEM"
        properties["ssl.keystore.location"] = str(folder / "kafka.keystore.pem")
    return JavaSecurity(properties, system)


def _sasl(settings: Settings) -> bool:
    return settings.kafka_security_protocol.startswith("SASL")


def _password(settings: Settings) -> str:
    if settings.kafka_password_file is None:  # the settings have seen to it
        raise TerminalError("TUTTI_KAFKA_PASSWORD_FILE is not set.")
    return read_secret(settings.kafka_password_file, "TUTTI_KAFKA_PASSWORD_FILE")


def _jaas(settings: Settings) -> str:
    module = _MODULES[settings.kafka_sasl_mechanism]
    user, password = _quoted(settings.kafka_user or ""), _quoted(_password(settings))
    return f"KafkaClient {{\n  {module} required\n  username={user}\n  password={password};\n}};\n"


def _quoted(text: str) -> str:
    r"""A text in the syntax of JAAS.

    >>> print(_quoted('a"b\\c'))
    "a\"b\\c"
    """
    if "${" in text:
        raise TerminalError("Kafka's user and password must not hold ${ : Java would expand it.")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _pem(file: Path) -> str:
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise TerminalError(f"{file} cannot be read: {error}.") from None
    if "-----BEGIN " not in text:
        raise TerminalError(f"{file} holds no PEM certificate or key.")
    return text
