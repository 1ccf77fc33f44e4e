"""FB413, FB414, FB416: what leaves the house goes to a system and a host that the organisation knows, encrypted.

A host that a template fills in can't be judged before the run, which refuses it where it is not on the list.
Entries of `outgoing_hosts` are as the engine reads them: `hooks.example.com`, or `hooks.example.com:8443`.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Http, Playbook, Ticket
from engine.language.suggest import did_you_mean, listed, quoted

_PORTS: Final = {"https": 443, "http": 80}


def ticket_systems_are_known(checked: Checked) -> Iterator[Finding]:
    """Find tickets in a system that the organisation file lacks; without one, warn once for each that it will have to hold."""
    told: set[str] = set()
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, Ticket):
            continue
        path: Path = ("steps", index, "system")
        if checked.organisation is None and step.system not in told:
            told.add(step.system)
            message = f"ticket system {quoted(step.system)} can't be checked without an organisation file"
            yield Finding("FB413", message, path, level="warning", help="check with --organisation organisation.yaml")
        elif checked.organisation is not None and step.system not in checked.organisation.tickets:
            known = checked.organisation.tickets
            hint = did_you_mean(step.system, known) or (f"; it has {listed(known)}" if known else "; it has none")
            yield Finding("FB413", f"ticket system {quoted(step.system)} is not in the organisation file{hint}", path)


def hosts_are_allowed(checked: Checked) -> Iterator[Finding]:
    """Find addresses whose host is not among the organisation's `outgoing_hosts`."""
    if checked.organisation is None:
        return
    entries = checked.organisation.outgoing_hosts
    for path, step, parts in _addresses(checked.playbook):
        host = parts.hostname
        if host and parts.scheme in _PORTS and not _is_allowed(host, _port(parts), entries):
            message = f"step {quoted(step)}: {_closed(host, parts, entries)}"
            yield Finding(
                "FB414", message, path, within=host, help=f"write {quoted(_entry(host, parts))} into the organisation's outgoing_hosts"
            )


def addresses_are_encrypted(checked: Checked) -> Iterator[Finding]:
    """Find addresses that would be called without encryption, or not over the web at all; a machine of one's own may be."""
    for path, step, parts in _addresses(checked.playbook):
        if parts.scheme == "http" and not _is_own(parts.hostname or ""):
            message = f"step {quoted(step)} would be sent without encryption; write https://{parts.netloc.rpartition('@')[2]}{parts.path}"
            yield Finding("FB416", message, path, within="http://")
        elif parts.scheme not in _PORTS:
            shown = quoted(f"{parts.scheme}://" if parts.scheme else parts.geturl())
            yield Finding("FB416", f"step {quoted(step)}: {shown} is not called; write an address that begins with https://", path)


def _addresses(playbook: Playbook) -> Iterator[tuple[Path, str, SplitResult]]:
    """Yield the address of each http step whose beginning is written out."""
    for index, step in enumerate(playbook.steps):
        if not isinstance(step, Http):
            continue
        parts = _split(step.url.strip())
        if parts is not None and "{{" not in f"{parts.scheme}{parts.netloc}" and not step.url.lstrip().startswith("{{"):
            yield ("steps", index, "url"), step.id, parts


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # an address in brackets that is none
        return None


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError:  # no number, or too large: no entry opens it
        return -1


def _is_allowed(host: str, port: int, entries: list[str]) -> bool:
    opened = [parts for entry in entries if (parts := _split(f"//{entry}")) is not None and parts.hostname == host]
    return any(_entry_port(parts) == port or (_entry_port(parts) is None and _is_open(host, port)) for parts in opened)


def _entry_port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return -1


def _closed(host: str, parts: SplitResult, entries: list[str]) -> str:
    if any((known := _split(f"//{entry}")) is not None and known.hostname == host for entry in entries):
        return f"port {_port(parts)} of host {quoted(host)} is not on the allow-list"
    return f"host {quoted(host)} is not on the allow-list{did_you_mean(host, entries)}"


def _entry(host: str, parts: SplitResult) -> str:
    return host if _is_open(host, _port(parts)) else f"{host}:{_port(parts)}"


def _is_open(host: str, port: int) -> bool:
    """Tell whether an entry without a port opens this one: the usual two, and any of a machine named by its address."""
    return port in _PORTS.values() or host == "localhost" or _address_of(host) is not None


def _is_own(host: str) -> bool:
    address = _address_of(host)
    return host == "localhost" or (address is not None and not address.is_global)


def _address_of(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
