"""Where the log goes and how it looks: standard error, because standard output is for answers.

Text for people, JSON lines for machines. No line can be forged: values with line breaks or control
characters are quoted. Nothing logs headers, bodies or tokens, and tracebacks
show no values, because values may be about people.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor

from api.settings import Settings

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Lossy:
    """A stream that loses what can't be written: a full disk or a closed terminal must not fail the work that is logged."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send the log to standard error (or `stream`), at the level and in the format of the settings."""
    out = stream or sys.stderr
    is_json = settings.log_format == "json"
    for_people = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
    render: Processor = structlog.processors.JSONRenderer() if is_json else for_people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if is_json else [quoted]),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lossy(out))),
        cache_logger_on_first_use=False,
    )


def quoted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Quote every text that could repaint a terminal or begin a line of its own."""
    return {name: repr(value) if isinstance(value, str) and not value.isprintable() else value for name, value in event.items()}
