"""What answering Slack needs from Slack, and where a whisper may go."""

from collections.abc import AsyncIterator, Iterator

import pytest

from engine.channels.slack_workspace import Home, Profile, SlackWorkspace
from tests.fake_slack import TEAM, TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Start"}, "blocks": [{"type": "divider"}]}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        yield running


@pytest.fixture
async def workspace(slack: FakeSlack) -> AsyncIterator[SlackWorkspace]:
    made = SlackWorkspace(TOKEN, base_url=slack.url, timeout=1)
    yield made
    await made.close()


async def test_the_workspace_is_asked_for_once(workspace: SlackWorkspace, slack: FakeSlack) -> None:
    assert [await workspace.home(), await workspace.home()] == [Home(TEAM), Home(TEAM)]
    assert len(slack.calls) == 1


async def test_a_workspace_that_could_not_be_asked_for_is_asked_for_again(workspace: SlackWorkspace, slack: FakeSlack) -> None:
    slack.fail("auth.test", Fault("500"))

    assert [await workspace.home(), await workspace.home()] == [None, Home(TEAM)]


async def test_a_profile_says_what_slack_knows_of_a_user(workspace: SlackWorkspace, slack: FakeSlack) -> None:
    slack.user("U0ANA", email="ana@example.com")
    slack.user("U0LOU", guest="ultra_restricted", deleted=True)

    assert await workspace.profile("U0ANA") == Profile("ana@example.com")
    assert await workspace.profile("U0LOU") == Profile(None, is_deleted=True, is_guest=True)


async def test_of_a_user_whom_slack_does_not_know_there_is_no_profile(workspace: SlackWorkspace) -> None:
    assert await workspace.profile("U0NOBODY") is None


async def test_a_form_opens_once_for_each_trigger(workspace: SlackWorkspace, slack: FakeSlack) -> None:
    trigger = slack.trigger()

    assert [await workspace.open_view(trigger, VIEW), await workspace.open_view(trigger, VIEW)] == [None, "exchanged_trigger_id"]


async def test_a_form_is_not_waited_for_longer_than_a_trigger_lives(slack: FakeSlack) -> None:
    workspace = SlackWorkspace(TOKEN, base_url=slack.url, timeout=0.2)
    slack.fail("views.open", Fault("hang"))
    code = await workspace.open_view(slack.trigger(), VIEW)
    await workspace.close()

    assert code is not None
    assert code.startswith("no answer")


async def test_a_whisper_is_for_one_person_and_replaces_nothing(workspace: SlackWorkspace, slack: FakeSlack) -> None:
    assert await workspace.whisper(slack.response_url(), "No: not yet.")
    assert {name: slack.whispers[0][name] for name in ("text", "response_type", "replace_original")} == {
        "text": "No: not yet.",
        "response_type": "ephemeral",
        "replace_original": False,
    }


@pytest.mark.parametrize(
    "url",
    ["", "http://hooks.slack.com/x", "https://hooks.slack.com.example.com/x", "https://example.com/hooks.slack.com", "file:///etc/passwd"],
)
async def test_a_whisper_goes_nowhere_but_to_slack(workspace: SlackWorkspace, slack: FakeSlack, url: str) -> None:
    assert not await workspace.whisper(url, "secret")
    assert not slack.whispers


async def test_a_whisper_that_does_not_arrive_is_a_no(slack: FakeSlack) -> None:
    workspace = SlackWorkspace(TOKEN, base_url="http://127.0.0.1:9/api/", timeout=1)
    arrived = await workspace.whisper("http://127.0.0.1:9/response/1", "hello")
    await workspace.close()

    assert not arrived
