"""The filmed workplace argument from the start form to the last follow-up, from Slack payloads alone; what people saw is a page.

FIREBREAK_UPDATE_TRANSCRIPT=1 writes what they see now into docs/slack-transcript.md; read the difference before you keep it.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.journeys.given import ROOT
from tests.journeys.slack_stage import Stage, stage

PAGE = ROOT / "docs" / "slack-transcript.md"


INTRODUCTION = """# The filmed argument, as people see it in Slack

One incident from the start form to the last follow-up, worked through in Slack alone. A test plays it on the running product and a
Slack of its own, with the playbook [filmed_workplace_argument](../playbooks/filmed_workplace_argument.yaml) and the people of the sample
organisation, and keeps this page alike. Nobody in it touches the terminal or the web pages.

How to read it: what somebody does stands in bold type with its time in Vancouver; a grey box shows what appears, with `[buttons]` in
brackets, and `- - -` between two messages. *edited* is the message of a step that changed in place. The pinned card changes with
everything and is shown three times. What one person alone gets is shown where its words stand nowhere before; otherwise its heading is."""
LINKS = ("https://video.example/1", "https://video.example/2")
PLAIN = "We know about a video from our Plant 4 site. People come first. We will say more when we can."
DIGEST = "SHA-256 of the saved file"


def audit(on: Stage) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from api.cli.main import app; app()", "audit", "verify"]
    return subprocess.run(command, cwd=ROOT, env=on.server.environment, capture_output=True, text=True, timeout=60)


def declare(on: Stage) -> None:
    on.written.chapter("It starts")
    on.types("marcus", "start filmed_workplace_argument Argument at Plant 4")
    on.fills(
        "marcus",
        on.slack.views[-1],
        {"Links to every copy found so far": "\n".join(LINKS), "Site or team": "Plant 4", "Employees seen or heard": "fred\njohn"},
    )
    on.opens("inc-inc-1")
    on.at(2)
    for who, role in (("kofi", "Social media"), ("daniel", "Employment counsel"), ("leila", "HR partner"), ("ravi", "IT evidence")):
        on.presses(who, "I'm here", f"You are {role}")


def first_half_hour(on: Stage) -> None:
    on.written.chapter("The first half hour")
    on.at(8)
    on.ticks("kofi", "Pause scheduled posts")
    on.presses("kofi", "Done", "Pause scheduled posts")
    on.at(15)
    on.ticks("marcus", "Establish first facts")
    on.presses("marcus", "Done", "Establish first facts")
    on.at(18)
    on.presses("marcus", "Yes, real and us", "Is the video real")
    on.presses("ana", "I'm here", "You are Head of communications")
    on.presses("elif", "I'm here", "You are Press officer")
    on.at(20)
    on.ticks("leila", "Speak to everyone in the video")
    on.presses("leila", "Done", "Speak to everyone in the video")
    on.presses("leila", "Not so far", "Has anyone in the video been named")
    on.at(22)
    on.adds("marcus", on.writes("kofi", "A reporter of the Vancouver paper asks for a comment by eleven."))
    on.pins("leila", on.writes("ravi", "The second clip was cut: the first forty seconds are missing."))
    on.at(23)
    on.home("leila")
    on.at(24)
    for link, saved in zip(LINKS, ("1a2b3c4d" * 8, "5e6f7a8b" * 8), strict=True):
        filled = {"Which source was saved?": link, DIGEST: saved, "Uploader": "@bystander"}
        on.presses("ravi", "Add evidence", "Save every copy", **filled)


def to_staff(on: Stage) -> None:
    on.written.chapter("Staff hear it first")
    on.at(26)
    on.presses("leila", "Write the words", "Note to staff")
    on.presses("daniel", "Approve", "Legal agrees the staff note")
    on.at(30)
    for channel in ("slack:#all-staff", "email:all-staff"):
        filled = {"Where did you post it?": channel, "Link to the post": "https://example.com/note"}
        on.presses("leila", "I have posted it", "Send the staff note", **filled)


def the_line(on: Stage) -> None:
    on.written.chapter("The holding line: sent back, agreed, changed, agreed again")
    on.at(32)
    on.presses("elif", "Write the words", "Holding line")
    on.presses(
        "daniel", "Reject", "agree the holding line", **{"What has to change?": "People first, and no promise about who we identify."}
    )
    on.at(34)
    on.presses("elif", "Write the words", "Holding line", **{"The words": PLAIN})
    on.presses("elif", "Approve", "agree the holding line", refused=True)
    on.presses("daniel", "Approve", "agree the holding line")
    on.presses("ana", "Approve", "agree the holding line")
    on.at(37)
    on.presses("elif", "Change the words", "Holding line", **{"The words": PLAIN + " Support is there."})
    on.presses("daniel", "Approve", "agree the holding line")
    on.presses("ana", "Approve", "agree the holding line")
    on.at(40)
    on.presses("ana", "Post it", "Do we post, or only answer when asked?")


def posted(on: Stage) -> None:
    on.written.chapter("A hold, a release, and the line is out")
    on.at(42)
    on.presses("daniel", "Hold what is said outside", "Argument at Plant 4", **{"Why is everything held?": "The clip may be altered."})
    on.at(44)
    press = {"Where did you post it?": "press_desk", "Link to the post": "https://example.com/press"}
    on.presses("elif", "I have posted it", "Give the press desk", refused=True)
    on.at(45)
    on.presses("ana", "Release the hold", "Argument at Plant 4", **{"Why can it go on?": "It is real."})
    on.at(48)
    for channel in ("newsroom", "brand_x", "brand_linkedin"):
        filled = {"Where did you post it?": channel, "Link to the post": f"https://example.com/{channel}"}
        on.presses("kofi", "I have posted it", "Post the holding line", **filled)
    on.presses("elif", "I have posted it", "Give the press desk", **press)
    on.written.card("inc-inc-1")


def the_afternoon(on: Stage) -> None:
    on.written.chapter("The afternoon")
    on.at(60)
    on.presses("daniel", "Not sure yet", "protected by law")
    on.presses("leila", "Done", "Tell managers in writing")
    on.ticks("daniel", "Send a legal hold notice")
    on.presses("daniel", "Done", "Send a legal hold notice")
    for task in ("Read the approved staff note", "Inform the works council", "Help each person file"):
        on.presses("leila", "Done", task)
    on.at(90)
    on.types("marcus", "status")
    on.at(120)
    on.ticks("leila", "Fair workplace investigation")
    on.presses("leila", "Done", "Fair workplace investigation")
    for who in ("priya", "daniel"):
        on.presses(who, "Approve", "agree the outcome")


def the_update(on: Stage) -> None:
    on.written.chapter("National press calls: severity 1, and an update")
    on.at(150)
    on.types("leila", "severity sev1 national press")
    on.presses("elif", "Write the words", "What we did")
    for who in ("daniel", "ana"):
        on.presses(who, "Approve", "agree the update")
    for channel in ("newsroom", "brand_linkedin"):
        filled = {"Where did you post it?": channel, "Link to the post": f"https://example.com/update/{channel}"}
        on.presses("kofi", "I have posted it", "Post the update", **filled)


def the_close(on: Stage) -> None:
    on.written.chapter("It is over")
    on.at(days=1, minutes=60)
    on.presses("kofi", "Record values", "Track reach and tone", **{"Views across known copies": "4000", "Mentions per hour": "3"})
    on.at(days=1, minutes=90)
    on.presses("marcus", "Done", "Close the incident and restart")
    on.at(days=2)
    on.ticks("marcus", "After-action review")
    on.presses("marcus", "Done", "After-action review")


def follow_up(on: Stage) -> None:
    on.written.chapter("Thirty, sixty and a hundred and twenty days later")
    on.at(days=32)
    on.presses("leila", "Done", "Check on the people involved")
    on.at(days=62)
    on.presses("leila", "Done", "Finish training")
    on.at(days=122)
    on.presses("ben", "Done", "Report to executives")
    on.written.card("inc-inc-1")


SCENES = (declare, first_half_hour, to_staff, the_line, posted, the_afternoon, the_update, the_close, follow_up)


def test_the_argument_is_worked_through_from_slack_alone_and_the_page_shows_what_people_saw(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        for scene in SCENES:
            scene(on)
        status = on.server.admin.get("/v1/incidents/INC-1")["status"]
        on.written.page.append("")
        written = "\n".join([INTRODUCTION, *on.written.page])
        audited = audit(on)
    if os.environ.get("FIREBREAK_UPDATE_TRANSCRIPT"):
        PAGE.write_text(written, encoding="utf-8")

    assert status == "complete"
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert PAGE.read_text(encoding="utf-8") == written
