"""Ports that another program uses are named."""

import socket

from patients import patient

from infra.local.doctor.ports import check_ports


def test_a_used_port_is_named(tmp_path):
    who = patient(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", who.settings.kafka_port))
        taken.listen()
        [found] = check_ports(who)
    assert found.level == "problem"
    assert str(who.settings.kafka_port) in found.found
