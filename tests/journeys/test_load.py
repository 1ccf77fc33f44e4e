"""The whole service under load, in a short form: nothing fails, and no part of a floor is half of what it was.

Only ratios to floors of the same run are held, never times; `make bench` prints the figures and their goals.
"""

from functools import cache

from benchmarks.load import Measured, run
from benchmarks.load_report import FLOOR_OF, ratio, sample_of

CLIENTS = 8
KNOWN = {"declare": 0.03, "complete": 0.1, "slash": 0.1, "list_incidents": 0.1, "list_tasks": 0.1}
"""The part of its floor that each operation reached with 8 clients while other tests ran beside it on two processors."""


@cache
def measured() -> Measured:
    return run(200, clients=(CLIENTS,), seconds=1.0, worked_on=40)


def test_nothing_fails_under_load() -> None:
    failed = {each.operation: each.failures[:3] for each in measured().samples if each.failures or each.busy}

    assert failed == {}


def test_no_ratio_to_its_floor_is_broken_by_two() -> None:
    reached = {operation: round(ratio(measured(), operation, CLIENTS), 3) for operation in FLOOR_OF}

    assert {operation: part for operation, part in reached.items() if part < KNOWN[operation] / 2} == {}


def test_every_operation_was_really_asked() -> None:
    assert min(len(sample_of(measured(), operation, CLIENTS).took) for operation in FLOOR_OF) >= CLIENTS
