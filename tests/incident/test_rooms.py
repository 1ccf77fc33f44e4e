"""The room of an incident: who is in it, whose it is, what happens when an incident closes to others, ends or begins again."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import TIMER, Actor
from engine.incident.effects import Delivery
from engine.incident.react import react
from engine.incident.rights import takes_part
from engine.incident.state import Parent
from tests.incident.given import HEAD, MONDAY, ORGANISATION, Run, trial_world

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: brief, task: Brief the board, role: incident_lead, min_severity: sev1}
  - {id: open, ticket: Open a ticket, system: itsm, project: OPS, text: Look}
  - {id: close, task: Close it, role: incident_lead, needs: [facts], sets: closed}
"""
CLOSING = HEAD.replace("title: Crisis, means: all", "title: Crisis, means: all, visibility: participants")
CLOSED = HEAD.replace("inputs:", "settings: {visibility: participants}\ninputs:", 1)
WEEK = ORGANISATION.replace("defaults: {ladder: office}", "defaults: {ladder: office, archive_room: 7d}")
GUEST = ORGANISATION.replace("email: dee@example.com", "email: dee@example.com, guest: true")
PARENT = Parent("2" * 32, "INC-9", "call")


def begun(*, head: str = HEAD, organisation: str = ORGANISATION, **fields: Any) -> Run:
    return Run.begin(trial_world(STEPS, head=head, organisation=organisation), **fields)


def owed_at_the_start(run: Run) -> tuple[Delivery, ...]:
    return react(run.world, None, run.incident, run.entries)


def owed_after(run: Run, command: c.AnyCommand, *, by: str | Actor = "ana") -> tuple[Delivery, ...]:
    before = run.incident
    entries = run.do(command, by=by)
    return react(run.world, before, run.incident, entries)


def of_kind(owed: Sequence[Delivery], *kinds: str) -> list[Delivery]:
    return [each for each in owed if each.kind in kinds]


def test_the_room_opens_first_with_everybody_who_takes_part() -> None:
    run = begun(by="eve")
    first, *_ = owed_at_the_start(run)

    assert (first.id, first.kind, first.target) == ("INC-1:room", "room", "war_room:slack:#inc-INC-1")
    assert first.body["people"] == ["eve", "dee", "ana"]
    assert (first.body["topic"], first.body["private"]) == ("INC-1 A trial", False)


def test_whoever_declares_through_a_service_alone_is_nobody_to_invite() -> None:
    run = begun()
    run.incident = replace(run.incident, declared_by="token:alarms")

    assert "token:alarms" not in owed_at_the_start(run)[0].body["people"]


def test_who_gets_a_role_a_step_or_an_invitation_joins_the_room() -> None:
    run = begun()
    handed = owed_after(run, c.HandOver("incident_lead", "cho"))
    assigned = owed_after(run, c.AssignStep("facts", "ben"), by="cho")
    invited = owed_after(run, c.Invite("eve"), by="cho")

    assert [of_kind(owed, "room")[0].body["people"] for owed in (handed, assigned, invited)] == [
        ["ana", "dee", "cho"],
        ["ana", "dee", "cho", "ben"],
        ["ana", "dee", "cho", "ben", "eve"],
    ]


def test_nothing_is_owed_to_the_room_while_it_stays_as_it_is() -> None:
    run = begun()

    assert of_kind(owed_after(run, c.Note("still here")), "room", "bookmarks", "invite", "close") == []


def test_whoever_loses_their_part_in_an_incident_for_participants_is_not_among_its_people() -> None:
    run = begun(head=CLOSED, by="eve")
    run.do(c.AssignStep("facts", "ben"), by="dee")
    [room] = of_kind(owed_after(run, c.Decline("facts", "I can't"), by="ben"), "room")

    assert room.body["private"]
    assert "ben" not in room.body["people"]


def test_a_guest_who_takes_part_no_more_leaves_an_open_room() -> None:
    run = begun(organisation=GUEST)
    [room] = of_kind(owed_after(run, c.NameRole("press", "cho")), "room")

    assert room.body["leave"] == ["dee"]


def test_bookmarks_are_owed_with_the_room_and_again_with_a_ticket() -> None:
    run = begun()
    [first] = of_kind(owed_at_the_start(run), "bookmarks")
    before = run.incident
    entries = run.sent("open", reference="https://tickets.example/OPS-1")
    [later] = of_kind(react(run.world, before, run.incident, entries), "bookmarks")

    assert [link["title"] for link in first.body["links"]] == ["INC-1 on the web", "Playbook"]
    assert later.body["links"][2] == {"title": "Ticket: Open a ticket", "url": "https://tickets.example/OPS-1"}


def test_bookmarks_stand_in_nobodys_way() -> None:
    owed = owed_at_the_start(begun())

    assert [each.kind for each in owed if each.target == of_kind(owed, "bookmarks")[0].target] == ["bookmarks"]


def test_a_linked_incident_is_worked_in_its_parents_room_and_its_people_join_it() -> None:
    owed = owed_at_the_start(begun(parent=PARENT))
    [invited] = of_kind(owed, "invite")

    assert of_kind(owed, "room", "bookmarks") == []
    assert (invited.target, invited.body) == ("war_room:slack:#inc-INC-9", {"room": "INC-9", "people": ["ana", "dee"]})
    assert {each.body.get("room") for each in of_kind(owed, "say", "task", "card")} == {"INC-9"}


def test_nobody_is_let_into_the_private_room_of_a_parent() -> None:
    parent = Parent("2" * 32, "INC-9", "call", visibility="participants")

    assert of_kind(owed_at_the_start(begun(parent=parent)), "invite", "room") == []


def test_an_incident_declared_at_a_level_for_participants_is_private_from_the_start() -> None:
    run = begun(head=CLOSING, severity="sev1")

    assert owed_at_the_start(run)[0].body["private"]
    assert (run.incident.visibility, run.events(e.IncidentRestricted)) == ("participants", [])


def test_raising_to_a_level_for_participants_closes_the_incident_to_others() -> None:
    run = begun(head=CLOSING)
    run.do(c.Raise("sev1", "press call"))

    assert run.incident.visibility == "participants"
    assert [event.reason for event in run.events(e.IncidentRestricted)] == ["incidents at sev1 (Crisis) are for participants"]


def test_lowering_opens_nothing_again_and_raising_again_says_nothing_new() -> None:
    run = begun(head=CLOSING)
    run.do(c.Raise("sev1", "press call"))
    run.do(c.Lower("sev2", "it calmed down"))
    run.do(c.Raise("sev1", "another call"))

    assert run.incident.visibility == "participants"
    assert len(run.events(e.IncidentRestricted)) == 1


def test_a_level_above_one_for_participants_is_for_participants_too() -> None:
    levels = "sev2: {title: Spreading, means: some}, sev1: {title: Crisis, means: all}"
    wanted = "sev3: {title: S, means: s}, sev2: {title: M, means: m, visibility: participants}, sev1: {title: L, means: l}"
    run = begun(head=HEAD.replace(levels, wanted).replace("start: sev2", "start: sev3"))
    run.do(c.Raise("sev1", "press call"))

    assert run.incident.visibility == "participants"


def test_an_incident_that_closes_goes_on_in_a_private_room_of_its_own() -> None:
    run = begun(head=CLOSING)
    owed = owed_after(run, c.Raise("sev1", "press call"))
    [room], [closed] = of_kind(owed, "room"), of_kind(owed, "close")

    assert (room.id, room.target) == ("INC-1:room:private", "war_room:slack:#inc-INC-1-private")
    assert (room.body["private"], room.body["people"]) == (True, ["ana", "dee"])
    assert (closed.id, closed.target, closed.replaces) == ("INC-1:room", "war_room:slack:#inc-INC-1", True)


def test_the_last_sentence_in_the_room_that_all_could_read_says_nothing_new() -> None:
    [closed] = of_kind(owed_after(begun(head=CLOSING), c.Raise("sev1", "press call")), "close")

    assert closed.text == "This room is closed: INC-1 goes on among those who take part in it."


def test_the_new_room_opens_on_its_own_way_so_that_nothing_old_stands_before_it() -> None:
    owed = owed_after(begun(head=CLOSING), c.Raise("sev1", "press call"))
    [room] = of_kind(owed, "room")

    assert [each.id for each in owed if each.target == room.target] == [room.id]


def test_the_card_and_every_open_step_are_said_again_in_the_new_room() -> None:
    owed = owed_after(begun(head=CLOSING), c.Raise("sev1", "press call"))

    assert [each.id for each in of_kind(owed, "card", "task")] == ["INC-1:card", "INC-1:task:facts", "INC-1:task:brief"]


def test_the_lead_closes_an_incident_to_others_by_hand() -> None:
    run = begun()
    owed = owed_after(run, c.Restrict("it names somebody"))

    assert run.incident.visibility == "participants"
    assert [each.id for each in of_kind(owed, "room", "close")] == ["INC-1:room", "INC-1:room:private"]


def test_whoever_only_joined_takes_no_part_once_it_is_closed_to_others() -> None:
    run = begun()
    run.do(c.Invite("cho"), by="cho")
    run.do(c.Invite("eve"), by="eve")
    run.do(c.Invite("eve"), by="ana")
    [room] = of_kind(owed_after(run, c.Restrict("it names somebody")), "room")

    assert {"cho", "eve"} & set(room.body["people"]) == {"eve"}
    assert not takes_part(run.world, run.incident, "cho")


def test_only_the_lead_closes_it_and_only_with_a_reason() -> None:
    run = begun()

    assert (run.code(c.Restrict("mine"), by="dee"), run.code(c.Restrict(" "))) == ("not_you", "note_required")


def test_what_is_closed_to_others_already_stays_as_it_is() -> None:
    assert begun(head=CLOSED).do(c.Restrict("again")) == ()


def test_linked_incidents_are_closed_with_it() -> None:
    run = Run.begin(trial_world(STEPS + "  - {id: call, playbook: child}\n", head=HEAD))
    run.sent("call", key="INC-2")
    [told] = of_kind(owed_after(run, c.Restrict("it names somebody")), "restrict")

    assert (told.target, told.body["key"]) == ("engine", "INC-2")


def test_a_linked_incident_that_starts_later_is_closed_too() -> None:
    run = Run.begin(trial_world(STEPS + "  - {id: call, playbook: child}\n", head=HEAD))
    run.do(c.Restrict("it names somebody"))
    before = run.incident
    owed = react(run.world, before, run.incident, run.sent("call", key="INC-2"))

    assert [each.body["key"] for each in of_kind(owed, "restrict")] == ["INC-2"]


def test_an_incident_that_is_over_is_closed_to_others_where_it_stands() -> None:
    run = finished(begun(organisation=WEEK))
    run.forward(days=8)
    owed = owed_after(run, c.Restrict("it names somebody"))

    assert [(each.id, each.kind) for each in owed] == [("INC-1:room", "close")]


def test_a_linked_incident_that_closes_leaves_its_parents_room() -> None:
    run = begun(head=CLOSING, parent=PARENT)
    owed = owed_after(run, c.Raise("sev1", "press call"))
    left = next(each for each in owed if each.id == "INC-1:left")

    assert (left.target, left.body) == ("war_room:slack:#inc-INC-9", {"room": "INC-9"})
    assert of_kind(owed, "close") == []
    assert of_kind(owed, "room")[0].target == "war_room:slack:#inc-INC-1-private"


def test_a_rehearsal_moves_nowhere() -> None:
    run = begun(head=CLOSING, mode="rehearsal")
    owed = owed_after(run, c.Raise("sev1", "press call"))

    assert of_kind(owed, "close", "bookmarks") == []
    assert {each.target for each in owed} <= {"slack:#rehearsal", "person:ana"}


def finished(run: Run) -> Run:
    run.do(c.CompleteStep("facts"), by="dee")
    run.sent("open", reference="OPS-1")
    run.do(c.CompleteStep("close"))
    assert run.incident.status == "complete"
    return run


def test_the_room_of_a_finished_incident_is_archived_after_the_organisations_time() -> None:
    run = finished(begun(organisation=WEEK))
    run.forward(days=6)
    early = run.events(e.RoomArchived)
    before = run.incident
    run.now = MONDAY.replace(day=30)
    owed = react(run.world, before, *_rung(run))

    assert early == []
    assert [(each.id, each.kind, each.target) for each in owed] == [("INC-1:room", "close", "war_room:slack:#inc-INC-1")]


def test_without_a_time_rooms_stay() -> None:
    run = finished(begun())

    assert run.forward(days=400) == []


def test_a_room_is_archived_once() -> None:
    run = finished(begun(organisation=WEEK))
    run.forward(days=400)

    assert len(run.events(e.RoomArchived)) == 1


def test_the_room_of_a_cancelled_incident_is_archived_too() -> None:
    run = begun(organisation=WEEK)
    run.do(c.Cancel("a hoax"))
    run.forward(days=8)

    assert run.incident.archived_at is not None


def test_a_linked_incident_archives_no_room_that_is_its_parents() -> None:
    run = begun(organisation=WEEK, parent=PARENT)
    run.do(c.Cancel("a hoax"))

    assert run.forward(days=8) == []


def test_an_archived_room_hears_nothing() -> None:
    run = finished(begun(organisation=WEEK))
    run.forward(days=8)

    assert owed_after(run, c.Note("found a letter")) == ()


def test_a_reopened_incident_opens_its_room_again_before_anything_is_said() -> None:
    run = finished(begun(organisation=WEEK))
    run.forward(days=8)
    owed = owed_after(run, c.Reopen("a second clip"))

    assert (owed[0].id, owed[0].kind) == ("INC-1:room", "room")
    assert run.incident.archived_at is None


def test_the_room_that_an_incident_was_moved_to_is_the_one_that_is_archived() -> None:
    run = begun(head=CLOSING, organisation=WEEK)
    run.do(c.Raise("sev1", "press call"))
    run.do(c.Cancel("a hoax"))
    run.forward(days=6)
    before = run.incident
    run.now = MONDAY.replace(day=30)
    [owed] = react(run.world, before, *_rung(run))

    assert (owed.id, owed.target) == ("INC-1:room:private", "war_room:slack:#inc-INC-1-private")


def test_the_incident_that_takes_another_over_hears_of_it_in_its_own_room() -> None:
    owed = owed_after(begun(), c.Merge("INC-5"))
    told = next(each for each in owed if each.target == "war_room:INC-5")

    assert (told.text, told.body) == ("Merged: INC-1 is settled as part of this incident (INC-1).", {"room": "INC-5"})


def test_of_an_incident_for_participants_nobody_hears_that_it_was_merged() -> None:
    owed = owed_after(begun(head=CLOSED), c.Merge("INC-5"))

    assert [each for each in owed if each.target == "war_room:INC-5"] == []


def _rung(run: Run) -> tuple[Any, Sequence[e.Entry]]:
    entries = run.do(c.Tick(), by=TIMER)
    return run.incident, entries
