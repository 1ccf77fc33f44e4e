"""What `firebreak serve` listens with."""

import socket

import pytest

from api.cli.serve import _listening
from api.cli.trouble import Trouble


def test_a_connection_holds_no_packet_back() -> None:
    with _listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        taken, _ = listener.accept()
        with taken:
            is_set = taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert is_set


def test_a_port_that_is_taken_is_trouble_at_once() -> None:
    with _listening("127.0.0.1", 0) as listener, pytest.raises(Trouble, match="can't listen on"):
        _listening("127.0.0.1", listener.getsockname()[1])
