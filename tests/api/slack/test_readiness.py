"""When Slack refuses the app's credentials, the service says so and goes on."""

from datetime import timedelta

from tests.api.slack.given import Desk
from tests.fake_slack import Fault


async def test_dead_credentials_show_in_readyz_until_slack_takes_them_again(desk: Desk) -> None:
    room = await desk.started()
    healthy = (await desk.client.get("/readyz")).json()["slack"]
    desk.slack.fail("*", *[Fault("refused", error="token_revoked")] * 2)
    await desk.types_in(room, "ana", "note the press has called")
    await desk.works()
    dead = (await desk.client.get("/readyz")).json()["slack"]
    desk.house.clock.forward(minutes=timedelta(hours=1) / timedelta(minutes=1))
    await desk.works()
    again = (await desk.client.get("/readyz")).json()["slack"]

    assert (healthy, dead, again) == ("ok", "refuses the app's credentials: token_revoked", "ok")
