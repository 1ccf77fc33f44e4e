"""The way in to the forms: open one for whoever asks, and take it when it is submitted.

Rules:
- A form opens inside the request that asked for it, because a trigger lives for three seconds: one read, one call.
- What the rules would refuse whatever is typed is said at once, and no form opens.
- A submitted form is one command on the incident as it is then. What is wrong stands at its field, and nothing
  that was typed is lost.
- A form has one effect however often it is submitted; its key is the view's id and hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from api.parts import Parts
from api.slack.doing import Doing, Result, working
from api.slack.forms.entered import digest_of, first_field, metadata_of
from api.slack.forms.fields import Block, modal, told
from api.slack.forms.kind import Kind, heading
from api.slack.forms.kinds import KINDS
from api.slack.forms.scene import About, Asking, Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors, NextForm, Reply, Said, Taken
from api.workspace import Workspace
from engine.channels.slack_text import cut, cut_plain, section
from engine.channels.web_room import room_page
from engine.incident.actor import Actor
from engine.incident.decide import decide
from engine.incident.refusal import Refusal

OLD: Final = "This form is from another version of Firebreak, so nothing happened. `/incident help` shows the way."
GONE: Final = "No: there is no incident {key}, or it isn't for you."
USED: Final = "exchanged_trigger_id"
"""Slack's code when a press that is sent again has opened its form already."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that somebody whom we know has submitted."""

    view: View
    actor: Actor


class Forms:
    """Opens forms and takes them."""

    def __init__(self, parts: Parts, doing: Doing, workspace: Workspace) -> None:
        self._parts = parts
        self._doing = doing
        self._workspace = workspace

    def knows(self, callback_id: str) -> bool:
        """Say whether a callback id is one of these forms."""
        return callback_id in KINDS

    async def open(self, kind: str, about: About, asking: Asking) -> Reply:
        """Open the form `kind` (a press's action id: `skip`, `note`, `severity`, …); empty when it opened.

        `about` names the incident by key, and the step, role, option or digest where the kind needs them.
        """
        form, scene = KINDS.get(kind), await self._scene(_from(about, asking), asking.actor)
        if form is None:
            return Reply(OLD)
        if scene is None:
            return Reply(GONE.format(key=cut(about.key, 40)))
        refused = refusal(form, scene)
        if isinstance(refused, Refusal) and form.missing and not refused.is_about_who:
            return await self._opened(_lacking(form, scene, refused), asking.trigger)
        if refused is not None:
            return _told(refused, scene)
        return await self._opened(drawn(kind, form, scene), asking.trigger)

    async def submit(self, filled: Filled) -> Said:
        """Take a submitted form: do it and close, or say at its fields what is wrong."""
        view, kind = filled.view, KINDS.get(filled.view.callback_id)
        about = About.read(metadata_of(view))
        if kind is None or about is None:
            return Reply(OLD)
        scene = await self._scene(about, filled.actor)
        if scene is None:
            return Reply(GONE.format(key=cut(about.key, 40)))
        if not kind.fits(scene):
            return _told(refusal(kind, scene), scene)
        command = kind.command(scene, view)
        if isinstance(command, FormErrors):
            return command
        once = f"view:{view.id}:{view.hash}"[:255]
        done = await self._doing.run(about.key, command, filled.actor, once=once, typed=digest_of(view))
        if done["ok"]:
            return Taken(str(done["text"]) if kind.is_told or about.direct or not about.back else "", about.back)
        if done["code"] == "stale_version" and kind.again:
            return await self._again(filled, kind, about)
        if done["code"] is not None and done["code"] not in kind.lenient and not done["allowed"]:
            done["allowed"] = await self._doing.works_now(about.key, about.step, filled.actor)
        return _misfit(view, kind, done)

    async def tell(self, text: str, trigger: str) -> None:
        """Say something where a press has no other place for an answer: in a form's place."""
        await self._workspace.open_view(trigger, told("Firebreak", text))

    async def _again(self, filled: Filled, kind: Kind, about: About) -> Said:
        """Show what somebody else did meanwhile, and keep what was typed."""
        scene = await self._scene(about, filled.actor)
        if scene is None or kind.again is None:
            return Reply(GONE.format(key=cut(about.key, 40)))
        return NextForm(_modal(filled.view.callback_id, kind, scene, kind.again(scene, filled.view)))

    async def _scene(self, about: About, actor: Actor) -> Scene | None:
        seen = await self._parts.handler.look(about.key, actor)
        if seen is None:
            return None
        room = room_page(self._parts.settings.address, seen.incident.key, about.step or None) or ""
        return Scene(about, seen.world, seen.incident, actor, self._parts.clock.now(), room)

    async def _opened(self, view: Block, trigger: str) -> Reply:
        code = await self._workspace.open_view(trigger, view)
        if code is None or code == USED:
            return Reply()
        return Reply(f"The form did not open (`{cut(code, 80)}`), and nothing was changed. Try again in a moment.")


def _from(about: About, asking: Asking) -> About:
    return replace(about, back=asking.back, direct="yes" if asking.is_direct else "")


def refusal(kind: Kind, scene: Scene) -> Refusal | Reply | None:
    """Say what the rules answer whatever is typed; None while the form can be of use."""
    trial = kind.trial(scene)
    decided = decide(scene.world, scene.incident, trial, actor=scene.actor, now=scene.now) if trial is not None else ()
    if isinstance(decided, Refusal) and not (decided.code in kind.lenient and kind.fits(scene)):
        return decided
    if not kind.fits(scene):
        return Reply(OLD)
    useless = kind.useless(scene)
    return Reply(f"No: {cut(useless, 300)}.") if useless else None


def _told(refused: Refusal | Reply | None, scene: Scene) -> Reply:
    if not isinstance(refused, Refusal):
        return refused or Reply(OLD)
    return Reply(f"No: {cut(refused.reason, 1_000).removesuffix('.')}.{working(refused.allowed or scene.allowed)}")


def _lacking(kind: Kind, scene: Scene, refused: Refusal) -> Block:
    """Show what is missing, in the place of a form that would be refused."""
    blocks = [heading(scene), section(_told(refused, scene).text), *(kind.missing(scene) if kind.missing else ())]
    return modal("lacking", kind.title, None, metadata="", blocks=blocks, close="Close")


def drawn(name: str, kind: Kind, scene: Scene) -> Block:
    """Draw a form as it opens."""
    return _modal(name, kind, scene, kind.draw(scene))


def _modal(name: str, kind: Kind, scene: Scene, blocks: Iterable[Block]) -> Block:
    about = kind.shows(scene) if kind.shows else scene.about
    return modal(name, kind.title, kind.submit, metadata=about.written(), blocks=[heading(scene), *blocks], close="Back")


def _misfit(view: View, kind: Kind, done: Result) -> Said:
    """Put a refusal at the field that it names, else at the first one."""
    first, text = first_field(view), f"{done['reason']}.{done['allowed']}"
    if not first:
        return Reply(f"{done['text']}{done['allowed']}")
    named = kind.places.get(str(done["field"]), str(done["field"]))
    is_there = any(block.get("block_id") == named and block.get("type") == "input" for block in view.blocks)
    return FormErrors({named if is_there or named in (view.state.values if view.state else {}) else first: cut_plain(_sentence(text), 600)})


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
