"""Forms about words: write them, send them back, take an approval back, say where they stand.

Rules:
- Words are shown exactly and whole, or not at all: what is too long for Slack is read and written in the room.
- What was shown is known by its digest: new words of somebody else are never overwritten unseen, and nothing
  else than what was read is rejected or published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from api.slack.forms.entered import text_of
from api.slack.forms.fields import LONGEST, Block, choice, copyable, field, words
from api.slack.forms.kind import TYPED, Kind, why
from api.slack.forms.scene import About, Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.channels.slack_text import context, cut, section
from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.personal import Text, plain_text
from engine.incident.steps.statement import ONLY, template_texts
from engine.incident.versions import subject_version, version_of
from engine.incident.visibility import may_read
from engine.language.playbook import Publish, Statement

SHOWN_WORDS: Final = 6_000
"""Characters of a statement that fit beside the rest of a form."""

_ANY: Final = "because"
_CHUNK: Final = 2_900
_URL: Final = "https://example.com/"


def _write(scene: Scene) -> Iterator[Block]:
    step = scene.step
    assert isinstance(step, Statement)
    yield from _rules(step)
    if scene.state.versions:
        yield context(f"Version {scene.state.versions[-1].number} stands here. Other words take back the approvals given to it.")
    texts = {language: plain_text(text) for language, text in _texts(scene, step).items()}
    for language, text in texts.items():
        if len(text) > LONGEST:
            yield section(f"{_label(language)}: these words are too long for Slack ({len(text)} characters). {_elsewhere(scene)}")
            continue
        yield field(f"text:{language}", _label(language), words(initial=text))


def _write_again(scene: Scene, view: View) -> Iterator[Block]:
    """Draw it with what was typed, above it the words that somebody else submitted meanwhile."""
    version = scene.state.versions[-1]
    yield section(f"Somebody submitted version {version.number} while you wrote. Read it; what you typed is still below.")
    yield from shown(scene, dict(version.texts))
    for block in _write(scene):
        typed = text_of(view, str(block.get("block_id", "")))
        yield {**block, "element": {**block["element"], "initial_value": typed}} if typed and block["type"] == "input" else block


def _written(scene: Scene, view: View) -> c.AnyCommand:
    step = scene.step
    assert isinstance(step, Statement)
    languages = step.languages or [ONLY]
    values = view.state.values if view.state else {}
    texts = {language: text_of(view, f"text:{language}") for language in languages if f"text:{language}" in values}
    return c.SubmitDraft(scene.about.step, texts=texts, version=scene.about.digest)


def _current(scene: Scene) -> About:
    return replace(scene.about, digest=scene.state.versions[-1].digest if scene.state.versions else "")


def _texts(scene: Scene, step: Statement) -> Mapping[str, Text]:
    if scene.state.versions:
        return scene.state.versions[-1].texts
    return template_texts(Draft(scene.world, scene.incident, actor=scene.actor, now=scene.now), step)


def _rules(step: Statement) -> Iterator[Block]:
    parts = [f"Audience: {step.audience.replace('_', ' ')}"]
    parts += [f"at most {step.max_words} words"] if step.max_words else []
    parts += [f"must say {', '.join(repr(each) for each in step.must_say)}"] if step.must_say else []
    parts += [f"may not say {', '.join(repr(each) for each in step.must_not_say)}"] if step.must_not_say else []
    yield context(cut("; ".join(parts), 1_500))


def _reject(scene: Scene) -> Iterator[Block]:
    yield why("comment", "What has to change?", hint="Whoever wrote it reads this.")


def _rejected(scene: Scene, view: View) -> c.AnyCommand:
    return c.Reject(scene.about.step, scene.about.digest, text_of(view, "comment"))


def _withdraw(scene: Scene) -> Iterator[Block]:
    yield why("reason", "Why do you take your approval back?")


def _withdrawn(scene: Scene, view: View) -> c.AnyCommand:
    return c.Withdraw(scene.about.step, scene.about.digest, text_of(view, "reason"))


def _publish(scene: Scene) -> Iterator[Block]:
    step = scene.step
    assert isinstance(step, Publish)
    yield from shown(scene, _to_say(scene, step))
    channels = _open_channels(scene, step)
    yield field("channel", "Where did you post it?", choice("static_select", [(name, name) for name in channels], _only(channels)))
    yield field("link", "Link to the post", {"type": "url_text_input"}, hint="Begins with https://")
    yield field("text", "What was posted, if it differs", words(), optional=True, hint="A difference is recorded; the approvers read it.")


def _published(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    step = scene.step
    assert isinstance(step, Publish)
    channel = text_of(view, "channel")
    if not channel:
        return FormErrors({"channel": "Choose where it was posted."})
    posted = text_of(view, "text")
    approved = (plain_text(text) for text in _to_say(scene, step).values())
    same = next((text for text in approved if _lines(text) == _lines(posted)), posted)
    return c.Confirm(scene.about.step, channel, text_of(view, "link"), same or None, scene.about.digest or None)


def shown(scene: Scene, texts: Mapping[str, Text]) -> Iterator[Block]:
    """Show words exactly, ready to copy; or where they can be read."""
    plain = {language: plain_text(text) for language, text in texts.items() if plain_text(text).strip()}
    if sum(map(len, plain.values())) > SHOWN_WORDS:
        yield section(f"The words are too long to show here whole. {_elsewhere(scene)}")
        return
    for language, text in plain.items():
        yield context(_label(language))
        yield from (copyable(text[at : at + _CHUNK]) for at in range(0, len(text), _CHUNK) if text[at : at + _CHUNK].strip())


def _to_say(scene: Scene, step: Publish) -> Mapping[str, Text]:
    if not may_read(scene.world, scene.incident, step.of, scene.actor):
        return {}
    version = version_of(scene.incident, step.of, scene.about.digest or _digest_to_say(scene))
    return version.texts if version else {}


def _to_confirm(scene: Scene) -> About:
    return replace(scene.about, digest=_digest_to_say(scene))


def _digest_to_say(scene: Scene) -> str:
    step = scene.step
    of = step.of if isinstance(step, Publish) else ""
    return scene.state.frozen_version or subject_version(scene.world, scene.incident, of) or ""


def _open_channels(scene: Scene, step: Publish) -> list[str]:
    return [name for name in step.channels if name not in scene.state.receipts] or list(step.channels)


def _trial_publish(scene: Scene) -> c.AnyCommand:
    channels = _open_channels(scene, scene.step) if isinstance(scene.step, Publish) else [""]
    return c.Confirm(scene.about.step, channels[0], _URL)


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _label(language: str) -> str:
    return "The words" if language == ONLY else f"The words ({language})"


def _elsewhere(scene: Scene) -> str:
    return f"Do it in the room: {scene.room}" if scene.room else "Do it in the room or the terminal."


WORDS_FORMS: Final[Mapping[str, Kind]] = {
    "write": Kind(
        "Write the words",
        "Submit",
        _write,
        _written,
        lambda scene: c.SubmitDraft(scene.about.step),
        of=(Statement,),
        shows=_current,
        again=_write_again,
        lenient=TYPED | {"policy"},
    ),
    "reject": Kind("Send it back", "Reject", _reject, _rejected, lambda scene: c.Reject(scene.about.step, scene.about.digest, _ANY)),
    "withdraw": Kind(
        "Take the approval back",
        "Withdraw",
        _withdraw,
        _withdrawn,
        lambda scene: c.Withdraw(scene.about.step, scene.about.digest, _ANY),
    ),
    "publish": Kind("Say where it stands", "Confirm", _publish, _published, _trial_publish, of=(Publish,), shows=_to_confirm),
}
