"""When two web addresses lead to the same thing, so that one video does not become two incidents.

Case of the host, `www.` and `m.`, a trailing slash, the fragment and the trackers that apps add when
somebody shares a link make no difference; everything else does.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from engine.incident.personal import plain
from engine.incident.plan import World
from engine.incident.state import Incident

_TRACKERS: Final = frozenset({"fbclid", "gclid", "igsh", "igshid", "mc_cid", "mc_eid"})
_PLATFORM_TRACKERS: Final = _TRACKERS | {"s", "si", "t", "ref", "ref_src", "ref_url", "_r", "is_from_webapp", "sender_device"}
"""What only the big platforms add when a link is shared; elsewhere `t` or `s` may name the thing itself."""
_PLATFORMS: Final = frozenset({"x.com", "twitter.com", "youtu.be", "youtube.com", "tiktok.com", "instagram.com", "facebook.com"})


def normalised(link: str) -> str:
    """Write a link in the form in which links are compared; what is no web address is only folded."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return link.strip().casefold()
    if not host:
        return link.strip().casefold()
    ignored = _PLATFORM_TRACKERS if host in _PLATFORMS else _TRACKERS
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracker(name, ignored)]
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{urlencode(sorted(query))}" if query else "")


def links_of(world: World, incident: Incident) -> frozenset[str]:
    """Gather the links that an incident was declared with, or that were added to it, normalised."""
    found = (incident.inputs.get(name) for name, each in world.plan.playbook.inputs.items() if each.type in ("url", "url_list"))
    return frozenset(normalised(text) for value in found for text in _texts(plain(value)))


def _is_tracker(name: str, ignored: frozenset[str]) -> bool:
    return name.casefold() in ignored or name.casefold().startswith("utm_")


def _texts(value: object) -> Iterable[str]:
    items = value if isinstance(value, list) else [value]
    return (item for item in items if isinstance(item, str) and item.strip())
