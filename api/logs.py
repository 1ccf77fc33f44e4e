"""Where the log goes and how it looks: standard error, because standard output is for answers.

Text for people, JSON lines for machines.

Rules:
- No line can be forged: values with line breaks or control characters are quoted.
- Nothing logs headers, bodies, addresses or tokens. Lines name what they are about by ids: of the request, the incident, the
  delivery, of a person by their id in the organisation file.
- What libraries report comes out the same way.
- A traceback shows places in the code and kinds of errors, without values and without an error's own words, because both
  may be about people. The words of a Fault are ours, and shown.
"""

import logging
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor

from api.settings import Settings
from engine.store.fault import Fault

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


_PLAIN: Final = ("uvicorn.", "opentelemetry.")
"""Libraries that put what they were given into arguments, which are left out, and never into their words."""


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


def configure_logging(settings: Settings, stream: TextIO | None = None, *, marks: Sequence[Processor] = ()) -> None:
    """Send the log to standard error (or `stream`), at the level and in the format of the settings; `marks` add to each line."""
    out = stream or sys.stderr
    is_json = settings.log_format == "json"
    for_people = structlog.dev.ConsoleRenderer(colors=out.isatty())
    render: Processor = structlog.processors.JSONRenderer() if is_json else for_people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *marks,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if is_json else [quoted]),
            silent_traceback,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lossy(out))),
        cache_logger_on_first_use=False,
    )
    logging.getLogger().addHandler(_LIBRARIES)


class _FromLibraries(logging.Handler):
    """Takes what libraries report, by who reports it and where: their words may hold anything, but for those that are known not to."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        words = {"words": str(record.msg).strip()} if record.name.startswith(_PLAIN) else {}
        where = f"{record.module}.{record.funcName}"
        structlog.get_logger(record.name).log(
            record.levelno, "a library reports", library=record.name, where=where, exc_info=error, **words
        )


_LIBRARIES: Final = _FromLibraries(logging.WARNING)


def quoted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Quote every text that could repaint a terminal or begin a line of its own."""
    return {name: repr(value) if isinstance(value, str) and not value.isprintable() else value for name, value in event.items()}


def silent_traceback(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put where an error came from into words, and nothing that it holds."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    return event if error is None else {**event, "exception": "\n".join(_told(error, frozenset()))}


def _told(error: BaseException, above: frozenset[int]) -> list[str]:
    """Tell an error, what it came from first; one that comes from itself is told once."""
    known = above | {id(error)}
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*_told(origin, known), "and then:"] if origin is not None and id(origin) not in known else []
    inner = [line for each in _parts(error) if id(each) not in known for line in _told(each, known)]
    kind = type(error)
    words = f": {error}" if isinstance(error, Fault) else ""
    return [*before, *_places(error.__traceback__), f"{kind.__module__}.{kind.__qualname__}{words}", *inner]


def _parts(error: BaseException) -> tuple[BaseException, ...]:
    return error.exceptions if isinstance(error, BaseExceptionGroup) else ()


def _places(trace: TracebackType | None) -> list[str]:
    return [line.rstrip() for line in traceback.format_tb(trace)]
