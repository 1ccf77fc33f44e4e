"""What is read when somebody asks for the figures: the queue, the alarms, the worker, the incidents, Slack.

Rules: every process that shares the database gives the same figures here but for its organisation file and Slack's state, so a
dashboard takes their `max`; what only
participants may know of is counted, and nothing else is said about it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from api.metrics import way_of
from api.parts import Parts
from api.readiness import is_connected, slack_state
from api.watching import Counted
from engine.store.watching import Queued

SLACK_STATES: Final = ("ok", "silent", "missing_scope", "refused")


def figures(parts: Parts, counted: Counted | str) -> Iterator[Metric]:
    """Give what is true now; what the database does not tell is left out, and `firebreak_database_up` says so."""
    yield _gauge("database_up", "Whether the database can be read.", not isinstance(counted, str))
    yield from _of_organisation(parts)
    yield from _of_slack(parts)
    if parts.siblings is not None:
        processes = _family("processes", "Processes behind this port: wanted, and with a sign of life.", ("state",))
        processes.add_metric(["wanted"], parts.siblings.count)
        processes.add_metric(["alive"], len(parts.siblings.heard()))
        yield processes
    if isinstance(counted, str):
        return
    now = parts.clock.now()
    yield from _of_time(counted, now)
    yield from _of_outside(counted, now)
    yield from _of_queue(counted.queued, now)
    yield _gauge("webhook_messages_pending", "Messages that webhooks are owed.", counted.messages_pending)
    yield _gauge("webhooks_paused", "Webhooks that nobody paused by hand, and that send nothing.", counted.webhooks_paused)
    found = _family("open_incidents", "Incidents that run, those for participants only without detail.", ("severity", "status", "mode"))
    for alike in counted.incidents:
        found.add_metric([alike.severity, alike.status, alike.mode], alike.total)
    yield found


def _of_time(counted: Counted, now: datetime) -> Iterator[Metric]:
    if counted.beat_at is not None:
        yield _gauge("worker_heartbeat_age_seconds", "Seconds since a worker's last sign of life.", _age(counted.beat_at, now))
    overdue = _age(counted.alarm_at, now) if counted.alarm_at is not None else 0.0
    yield _gauge("alarm_overdue_seconds", "How long the oldest alarm has been due; 0 when none is.", overdue)


def _of_outside(counted: Counted, now: datetime) -> Iterator[Metric]:
    """Give what is kept outside for the day on which all this is away; left out while there never was any."""
    if counted.heartbeat is not None and counted.heartbeat.answered_at is not None:
        says = "Seconds since the watching service last heard the heartbeat."
        yield _gauge("heartbeat_answered_age_seconds", says, _age(counted.heartbeat.answered_at, now))
    if counted.pack is not None and counted.pack.written_at is not None:
        yield _gauge("pack_age_seconds", "Seconds since the last offline pack was written.", _age(counted.pack.written_at, now))


def _of_queue(queued: Iterable[Queued], now: datetime) -> Iterator[Metric]:
    depth = _family("queue_deliveries", "Deliveries that have not been sent, by way and state.", ("way", "state"))
    oldest = _family("queue_oldest_seconds", "Seconds since the oldest of them was owed.", ("way", "state"))
    for group in queued:
        labels = [way_of(group.scheme), group.state]
        depth.add_metric(labels, group.total)
        oldest.add_metric(labels, _age(group.oldest, now))
    yield depth
    yield oldest


def _of_organisation(parts: Parts) -> Iterator[Metric]:
    """Say which file this process works with; for some seconds after a change others may work with another."""
    library = parts.library
    yield _gauge("organisation_refused", "Whether the organisation file is another than the one in force.", library.refused is not None)
    since = library.in_force.since.timestamp()
    yield _gauge("organisation_since_seconds", "When the organisation came in force, in seconds since 1970.", since)


def _of_slack(parts: Parts) -> Iterator[Metric]:
    state = slack_state(parts)
    if state is not None:
        found = _family("slack_state", "How Slack takes our calls: 1 for the state that holds.", ("state",))
        for each in SLACK_STATES:
            found.add_metric([each], float(each == state))
        yield found
    stands = is_connected(parts)
    if stands is not None:
        yield _gauge("socket_mode_connected", "Whether a connection of Slack's to us stands.", stands)


def _family(name: str, says: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"firebreak_{name}", says, labels=labels)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"firebreak_{name}", says, value=float(value))


def _age(at: datetime, now: datetime) -> float:
    return max((now - at).total_seconds(), 0.0)
