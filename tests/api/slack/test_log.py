"""Nothing that people type in Slack, and none of its secrets, reaches the log, whatever goes wrong meanwhile."""

import io
import json
from typing import Any

from api.logs import configure_logging
from api.settings import Settings
from tests.api.slack.given import SECRET, TOKEN, Desk
from tests.fake_slack import Fault

MARK = "Qzxwv"


def listening() -> io.StringIO:
    out = io.StringIO()
    configure_logging(Settings(log_format="json", log_level="debug"), out)
    return out


def kept(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_what_is_typed_pressed_and_told_stays_out_of_the_log(desk: Desk) -> None:
    out = listening()
    room = await desk.started(people=MARK)
    for text in (f"note {MARK}", f"{MARK}", f"severity {MARK} {MARK}", f"skip facts {MARK}", f"hold {MARK}", f"invite {MARK}"):
        await desk.types_in(room, "ana", text)
    await desk.works()

    assert len(kept(out)) > 7
    assert [secret for secret in (MARK, TOKEN, SECRET) if secret in out.getvalue()] == []


async def test_what_slack_refuses_is_logged_by_its_code_alone(desk: Desk) -> None:
    room = await desk.started()
    out = listening()
    desk.slack.fail("chat.postMessage", Fault("refused", error="msg_too_long"), Fault("500"), Fault("html"))
    await desk.types_in(room, "ana", f"note {MARK}")
    await desk.works()
    about = [line for line in kept(out) if line["event"].startswith(("delivery", "slack"))]

    assert about
    assert all("incident" in line and "delivery" in line for line in about)
    assert [secret for secret in (MARK, TOKEN, SECRET) if secret in out.getvalue()] == []


async def test_what_is_not_slacks_is_refused_without_a_word_of_it(desk: Desk) -> None:
    out, body = listening(), f"command=%2Fincident&text={MARK}&token={MARK}&user_id={MARK}"
    headers = desk.signed(body, "application/x-www-form-urlencoded", secret=MARK)
    answers = [(await desk.client.post(path, content=body, headers=headers)).status_code for path in ("/slack/commands", "/slack/events")]

    assert set(answers) == {401}
    assert MARK not in out.getvalue()
