"""Whether there is tracing by OpenTelemetry: where the standard variables ask for it and the extra `otel` is installed.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) switches it on; `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` switch
it off. Off, nothing of it is loaded, and nothing is done for it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import structlog

from engine.runtime.measuring import UNHEARD

if TYPE_CHECKING:
    from api.spans import Tracing

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN: Final = "http/protobuf"

_log = structlog.get_logger("firebreak.tracing")

Answered = Callable[[str, str, int], None]
"""Hears of the end of a request: its method, the template of its address (or `none`), its status."""


def tracing_of(environment: Mapping[str, str]) -> "Tracing | None":
    """Make what traces this process, or say in the log why that can't be."""
    if not is_wanted(environment):
        return None
    protocol = next((environment[name] for name in PROTOCOLS if environment.get(name)), SPOKEN)
    if protocol != SPOKEN:
        _log.warning("nothing is traced: this OTLP protocol is not spoken", advice=f"set {PROTOCOLS[1]}={SPOKEN}")
        return None
    try:
        from api.spans import exporting  # noqa: PLC0415 - off, nothing of it is loaded
    except ImportError:
        _log.warning("nothing is traced: the packages for it are not installed", advice="pip install 'firebreak[otel]'")
        return None
    return exporting()


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Say whether the environment asks for spans."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp"
    return not is_off and any(environment.get(name) for name in ENDPOINTS)


def request_span(tracing: "Tracing | None", scope: Any, named: Mapping[str, str]) -> AbstractContextManager[Answered | None]:
    """Trace one request, if anything is traced; `named` are the ids that its log lines have."""
    return UNHEARD if tracing is None else tracing.request(scope, named)
