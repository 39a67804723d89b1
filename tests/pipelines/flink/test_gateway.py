"""After the gateway is closed nobody connects, and every connection still knows all classes."""

import os
import subprocess
import sys

import pytest

from infra.config.settings import Settings
from pipelines.flink.runtime import CONNECTOR

USES_EVERY_CONNECTION = """
import socket
from infra.config.settings import Settings
from pipelines.flink.runtime import close_gateway, know_connector
from pyflink.java_gateway import get_gateway

gateway = get_gateway()
know_connector(Settings())
port = gateway.java_gateway_server.getListeningPort()
close_gateway()
connections = gateway._gateway_client.deque
for _ in range(len(connections)):
    shaded = gateway.jvm.org.apache.flink.kafka.shaded.org.apache.kafka
    print(type(shaded.clients.admin.Admin).__name__)
    connections.rotate()
try:
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
except ConnectionRefusedError:
    print("nobody listens")
"""


def test_every_connection_knows_the_connector_and_no_new_one_is_taken():
    if not (Settings().jars / CONNECTOR).exists():
        pytest.skip("the archives are not set up here")
    ran = subprocess.run(
        [sys.executable, "-c", USES_EVERY_CONNECTION],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    *classes, last = ran.stdout.splitlines()
    assert len(classes) == 4, ran.stderr
    assert set(classes) == {"JavaClass"}
    assert last == "nobody listens"
