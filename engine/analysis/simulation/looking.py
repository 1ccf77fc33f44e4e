"""How long it takes until somebody sees that they are wanted, by day, by night and when they don't show up."""

from collections.abc import Mapping

from engine.analysis.simulation.lot import Lot
from engine.analysis.simulation.setting import NEVER, Setting
from engine.analysis.simulation.sitting import Sitting


def is_absent(setting: Setting, lot: Lot, person: str, now: int) -> bool:
    """Whether they answer nothing yet: a no-show lasts until their first opening after the start."""
    return person in lot.absent and now < setting.staff.hours[person].next_morning(0)


def seen_at(setting: Setting, lot: Lot, sitting: Sitting, *, active_at: Mapping[str, int]) -> int:
    """When the person of `sitting` would see it; `active_at` is when each person last worked."""
    assumed, person, now = setting.assumptions, sitting.person, sitting.came_at
    hours = setting.staff.hours[person]
    if is_absent(setting, lot, person, now):
        now = hours.next_morning(0)
    is_at_it = now - active_at.get(person, -NEVER) < assumed.still_at_it
    look = lot.span(assumed.next_look if is_at_it else assumed.first_look, assumed.look_spread, "look", *_name(sitting))
    if is_at_it or hours.is_open(now):
        return now + look
    slower = assumed.on_call_at_night if sitting.role in setting.staff.on_call else assumed.others_at_night
    return min(now + round(look * slower), hours.next_open(now) + look)


def put_off_until(setting: Setting, sitting: Sitting) -> int:
    """When it is begun at the earliest: at once, but in working hours where it can wait."""
    if sitting.wanted_by - sitting.came_at <= setting.assumptions.can_wait:
        return sitting.came_at
    return setting.staff.hours[sitting.person].next_open(sitting.came_at)


def _name(sitting: Sitting) -> tuple[str, str, str, int]:
    return (sitting.step, sitting.role, sitting.person, sitting.turn)
