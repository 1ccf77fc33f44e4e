"""The two small pages that somebody sees who answers an e-mail: a button, and what became of it.

They load nothing, are kept nowhere, and name the incident by its key alone.
"""

from html import escape
from typing import Final

from fastapi.responses import HTMLResponse

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 12vh auto; max-width: 30rem; padding: 0 1rem }}
body {{ background: Canvas; color: CanvasText }}
button {{ font: inherit; font-weight: 600; padding: 0.8rem 1.6rem; border: 0; border-radius: 0.4rem }}
button {{ background: #0a4f94; color: #fff }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def ask_page(key: str) -> HTMLResponse:
    """Ask for the press of one button, which comes back to the same address."""
    words = "You are needed. Say that you are there, so that nobody has to call on."
    form = f'<p>{words}</p>\n<form method="post"><button type="submit">I am there</button></form>'
    return _page(key, form)


def said_page(key: str, text: str) -> HTMLResponse:
    """Say what became of it."""
    return _page(key, f'<p role="status">{escape(text)}</p>')


def _page(title: str, content: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), content=content), headers=_HEADERS)
