"""A playbook with something for every form, and people who open forms from buttons and submit them."""

from typing import Any

from tests.api.slack.given import Desk

FULL = """
firebreak: 1
id: full
title: A full trial
version: 1.0.0
owner: incident_lead
summary: For tests of forms.
inputs:
  site: {type: text, required: true, label: Site or team}
  day: {type: date, required: true, label: When was it}
  links: {type: url_list, label: Links to the copies}
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  legal: {title: Counsel, assign: "group:lawyers"}
  comms_lead: {title: Head of communications, assign: "group:comms"}
  press: {title: Press officer, assign: "group:press"}
severity:
  levels: {sev3: {title: Local, means: few}, sev2: {title: Spreading, means: some}, sev1: {title: Crisis, means: all}}
  start: sev2
metrics:
  views: {title: Views, type: number, source: watch, target: "<= 1000"}
  angry: {title: Angry answers, type: percent, source: watch}
  calm: {title: Is it calm, type: yes_no, source: watch}
templates:
  line: {file: line.en.txt, languages: {en: line.en.txt, fr: line.fr.txt}}
steps:
  - {id: facts, task: Find out what happened, role: incident_lead, due: 20m, checklist: [Who, Where]}
  - {id: count, task: Count the people, role: incident_lead, result: {type: number, label: How many, required: true}}
  - {id: care, task: Speak to the people, role: legal, private: true, do: Ask nothing}
  - {id: keep, evidence: Save every copy, role: press, from: inputs.links, collect: [screenshot, account_name]}
  - {id: watch, monitor: Watch it, role: press, every: 1h, until: "metrics.calm == true", for_at_most: 30d, record: [views, angry, calm]}
  - id: speak
    decision: Do we post?
    role: comms_lead
    options:
      post: {label: Post it, then: [draft]}
      wait: {label: Wait, then: []}
      ask: {label: Ask the board, note_required: true, then: []}
  - {id: draft, statement: Say what we know, role: press, audience: public, template: line, languages: [en, fr], max_words: 12}
  - {id: agree, approval: Agree the words, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [site, newsroom]}
  - {id: finish, task: Look back, role: incident_lead, needs: [facts, post], even_if_blocked: true, sets: closed}
follow_ups:
  - {id: day_30, at: 30d from closed, role: incident_lead, task: Ask again, measure: [views]}
"""
ROOM = "inc-inc-1"
WORDS = "We know about Plant 4, and look into it."


async def declared(desk: Desk, *, playbook: str = FULL, **fields: Any) -> str:
    """Start the full trial as Ana, and let its room be made; gives the room's name."""
    await published(desk, playbook)
    inputs = {"site": "Plant 4", "day": "2026-11-22", "links": ["https://video.example/1"]}
    await desk.house.declared("full", **({"inputs": inputs} | fields))
    await desk.works()
    return ROOM


async def published(desk: Desk, text: str) -> None:
    """Put the full trial into the folder of playbooks, with the words of its template in two languages."""
    folder = desk.house.parts.settings.playbooks
    (folder / "full.yaml").write_text(text, encoding="utf-8")
    (folder / "line.en.txt").write_text("We know about {{ inputs.site }}.", encoding="utf-8")
    (folder / "line.fr.txt").write_text("Nous savons, pour {{ inputs.site }}.", encoding="utf-8")
    report = await desk.house.parts.library.refresh()
    assert report is not None, "the folder did not change"
    assert report.published, report


async def presses(desk: Desk, who: str, action: str, value: str, *, menu: bool = False) -> str:
    """Press a button (or choose it from the menu) on the first message of the room; gives what was whispered."""
    ts = desk.slack.messages(ROOM)[0]["ts"]
    if menu:
        option = {"text": {"type": "plain_text", "text": action}, "value": f"{action}|{value}"}
        return await desk.press(who, ROOM, ts, {"type": "overflow", "action_id": "more", "selected_option": option})
    return await desk.press(who, ROOM, ts, {"type": "button", "action_id": action, "value": value})


async def opens(desk: Desk, who: str, action: str, value: str, *, menu: bool = False) -> dict[str, Any]:
    """Press what opens a form; gives the form, which the fake Slack has checked as Slack would."""
    before = len(desk.slack.views)
    said = await presses(desk, who, action, value, menu=menu)
    assert (said, len(desk.slack.views)) == ("", before + 1), said
    return desk.slack.views[-1]


async def does(desk: Desk, who: str, action: str, value: str, **given: Any) -> None:
    """Open a form, fill it in and submit it; it must be taken."""
    assert await desk.submits(who, await opens(desk, who, action, value), **given) == {}


async def errors(desk: Desk, who: str, view: dict[str, Any], **given: Any) -> dict[str, str]:
    """Submit a form that must stay open; gives what is wrong, by field."""
    said = await desk.submits(who, view, **given)
    assert said["response_action"] == "errors", said
    fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    assert set(said["errors"]) <= fields, "Slack would refuse an error that stands at no field"
    return dict(said["errors"])


async def written(desk: Desk) -> str:
    """Have the words written by Dee; gives their digest."""
    await presses(desk, "cho", "answer:post", "INC-1|speak|post")
    await does(desk, "dee", "write", "INC-1|draft", **{"text:en": WORDS, "text:fr": "Nous savons."})
    return str((await desk.step("draft"))["content_hash"])


async def approved(desk: Desk) -> str:
    """Have the words written and approved by both; gives their digest."""
    digest = await written(desk)
    for who in ("ben", "cho"):
        assert await presses(desk, who, "approve", f"INC-1|agree|{digest}") == ""
    return digest


async def timeline(desk: Desk) -> list[dict[str, Any]]:
    answer = await (await desk.house.admin()).get("/v1/incidents/INC-1/timeline?limit=200")
    return list(answer.json()["items"])


async def happened(desk: Desk, kind: str) -> int:
    """How often something of this kind stands in the timeline."""
    return [entry["type"] for entry in await timeline(desk)].count(kind)
