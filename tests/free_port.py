"""A port on loopback that nobody listens on."""

import socket


def free_port() -> int:
    """Ask the system for one; it may be taken again before it is used, which a test would notice."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
