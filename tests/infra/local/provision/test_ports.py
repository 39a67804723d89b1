"""Check of the eleven ports."""

import socket

from small_checkouts import given, own_stack, sentences

from infra.local.provision.checkout import Checkout
from infra.local.provision.ports import check_ports


def test_a_used_port_is_a_problem_a_note_in_tests_and_neither_for_our_own_stack(
    here: Checkout,
) -> None:
    with socket.create_server(("127.0.0.1", here.port_base)):
        assert [p.fatal for p in check_ports(here, fatal=True)] == [True]
        assert [p.fatal for p in check_ports(here, fatal=False)] == [False]
        with own_stack(here):
            assert list(check_ports(here, fatal=True)) == []
        assert len(list(check_ports(here, fatal=True))) == 1


def test_a_port_base_that_is_no_port_is_a_sentence(here: Checkout) -> None:
    assert "TUTTI_PORT_BASE=many is no port" in sentences(given(here, TUTTI_PORT_BASE="many"))
