"""Where people read an incident, or one of its steps, in a browser: for whatever is too long for a message."""

from urllib.parse import quote

PAGE = "{address}/rooms/{key}"


def room_page(address: str | None, key: str, step: str | None = None) -> str | None:
    """Give the page of an incident or of its step, or None where the server's address is unknown or none that a browser opens."""
    if address is None or not address.startswith(("http://", "https://")):
        return None
    page = PAGE.format(address=address.rstrip("/"), key=quote(key, safe=""))
    return f"{page}/steps/{quote(step, safe='')}" if step else page
