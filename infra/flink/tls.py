"""Mutual TLS of Flink's own interfaces: who has not our certificate reaches nothing.

Flink's web interface answers any page (`Access-Control-Allow-Origin: *`) and any account, and some
of its requests end a job or write where they are told to. One key and one certificate are made at
the first start, in files that only their owner can read; Flink shows them, and asks every client
for them.
"""

import datetime as dt
import ipaddress
import secrets
import ssl
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from infra.config.secrets import read_private, read_secret, write_private_bytes
from infra.config.settings import Settings

ALWAYS: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FOR_EVER: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
"""No well-defined end (RFC 5280, 4.1.2.5): only we trust it, and a clock may be wrong."""
_WHOSE: Final = "var/secrets/flink"
"""What errors of these files are about."""


def folder_of(settings: Settings) -> Path:
    """Where key, certificate and Java's key store are."""
    return settings.home / "secrets" / "flink"


def make_identity(settings: Settings) -> None:
    """Make key, certificate and key store, unless they are there; the certificate comes last."""
    folder = folder_of(settings)
    if (folder / "certificate.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key)
    password = secrets.token_hex(16)
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    locked = serialization.BestAvailableEncryption(password.encode())
    store = pkcs12.serialize_key_and_certificates(b"tutti", key, certificate, [certificate], locked)
    for name, content in (
        ("key.pem", plain),
        ("store.password", password.encode()),
        ("store.p12", store),
        ("certificate.pem", certificate.public_bytes(pem)),
    ):
        write_private_bytes(folder / name, content)


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tutti's Flink")])
    here = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ALWAYS)
        .not_valid_after(FOR_EVER)
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def flink_options(settings: Settings) -> dict[str, str]:
    """Flink's options: TLS with client certificates for its web interface and between its parts.

    Raises:
        TerminalError: A file is missing, or others can read it.
    """
    folder = folder_of(settings)
    store, password = str(folder / "store.p12"), read_secret(folder / "store.password", _WHOSE)
    options = {
        "security.ssl.rest.enabled": "true",
        "security.ssl.rest.authentication-enabled": "true",
        "security.ssl.internal.enabled": "true",
        "security.ssl.protocol": "TLSv1.3",
        "security.ssl.algorithms": "TLS_AES_128_GCM_SHA256",
    }
    for side in ("rest", "internal"):
        options |= {
            f"security.ssl.{side}.keystore": store,
            f"security.ssl.{side}.keystore-password": password,
            f"security.ssl.{side}.key-password": password,
            f"security.ssl.{side}.truststore": store,
            f"security.ssl.{side}.truststore-password": password,
        }
    return options


@cache
def client_context(folder: Path) -> ssl.SSLContext:
    """What a client of ours shows and trusts: this installation's certificate, nobody else's.

    Raises:
        TerminalError: A file is missing, or others can read it.
    """
    read_private(folder / "key.pem", _WHOSE)
    context = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
