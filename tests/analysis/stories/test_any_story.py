"""Whatever a story file holds, reading it gives stories or diagnostics, and playing it never raises."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.analysis.stories.playing import play
from engine.analysis.stories.reading import read_stories
from engine.analysis.stories.vocabulary import ACTIONS, CLAIMS, OF_A_STORY, REFUSALS
from tests.analysis.stories.given import call_world

FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = (
    *("listen", "save", "answer", "draft", "agree", "send", "order", "brief", "watch", "finish", "day_30", "fill_site", "added_1"),
    *("lead", "press", "legal", "board", "ana", "ben", "cho", "yes", "no", "sev1", "sev2", "complete", "closed", "answered", "views"),
    *("site", "people", "hurt", "links", "10m", "3h", "2bd", "90d", "2026-11-23T12:00", "live", "rehearsal", "desk", "", "x" * 50),
    *REFUSALS[:4],
)
scalars = st.one_of(st.sampled_from(WORDS), st.booleans(), st.none(), st.integers(-3, 400))
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)), max_leaves=5
)
FIELDS = sorted({field for verbs in (ACTIONS, CLAIMS) for verb in verbs.values() for field in verb.fields} | {"at", "refused", "policy"})


@st.composite
def items(draw: st.DrawFn, verbs: dict[str, Any]) -> dict[str, Any]:
    verb = draw(st.sampled_from(sorted(verbs)))
    more = draw(st.dictionaries(st.sampled_from(FIELDS), values, max_size=2))
    return {**more, verb: draw(values)}


@st.composite
def documents(draw: st.DrawFn) -> object:
    """A story that is right but for some values, or anything at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(values)
    odd = draw(st.dictionaries(st.sampled_from(sorted(OF_A_STORY)), values, max_size=1))
    does, then = draw(st.lists(items(dict(ACTIONS)), max_size=4)), draw(st.lists(items(dict(CLAIMS)), max_size=3))
    return [{"story": "x", "inputs": {"site": "Plant 4"}, "does": does, "then": then, **odd}]


@FEW
@given(documents())
def test_any_document_gives_stories_or_diagnostics_and_is_played(document: object) -> None:
    read = read_stories(json.dumps(document), file="x.test.yaml", world=call_world())

    assert read.stories or read.diagnostics
    for story in read.stories:
        assert play(call_world(), story).failures is not None


@st.composite
def sound_actions(draw: st.DrawFn) -> dict[str, Any]:
    """An action whose every name is known, whether or not it can be done then."""
    at, by = draw(st.sampled_from(["1m", "20m", "2h", "1d"])), draw(st.sampled_from(["lead", "press", "legal", "board", "cho"]))
    action = draw(st.sampled_from(SOUND))
    return {
        "at": at,
        **action,
        **({"by": by} if "child" not in action and "fail" not in action and "everything" not in action and by != "cho" else {}),
    }


SOUND: list[dict[str, Any]] = [
    {"complete": "listen"},
    {"complete": "order"},
    {"complete": "brief"},
    {"complete": "day_30"},
    {"complete": "fill_hurt"},
    {"answer": {"answer": "yes"}},
    {"answer": {"answer": "no"}, "note": "they rang off"},
    {"submit": "draft"},
    {"submit": "draft", "text": "Words."},
    {"approve": "agree"},
    {"reject": "agree", "comment": "shorter"},
    {"withdraw": "agree"},
    {"confirm": "send"},
    {"confirm": "send", "channel": "desk", "text": "other"},
    {"confirm": "send", "channel": "no such channel"},
    {"evidence": "save"},
    {"record": {"views": 3}, "step": "watch"},
    {"record": {"views": "many"}},
    {"skip": "listen"},
    {"start": "send"},
    {"decline": "agree"},
    {"fill": {"hurt": True}},
    {"add": {"people": ["ben"], "links": ["https://video.example/1"]}},
    {"raise": "sev1"},
    {"lower": "sev2"},
    {"hold": True},
    {"release": "go"},
    {"contain": True},
    {"close": True},
    {"reopen": True},
    {"cancel": True},
    {"fail": "order"},
    {"acknowledge": "legal"},
    {"name": {"board": "cho"}},
    {"everything": {"answer": "yes"}},
    {"everything": True, "until": "3h"},
    {"everything": True, "until": "closed"},
]


@FEW
@given(st.lists(sound_actions(), max_size=8), st.sampled_from(["live", "rehearsal"]))
def test_any_sound_story_is_played_and_says_in_words_what_is_refused(does: list[dict[str, Any]], mode: str) -> None:
    document = [{"story": "x", "inputs": {"site": "Plant 4"}, "unknown": ["hurt"], "mode": mode, "does": does}]
    read = read_stories(json.dumps(document), file="x.test.yaml", world=call_world())
    (story,) = read.stories

    told = play(call_world(), story)

    assert len(told.failures) <= 1
    assert all(failure.message and read.source.locate(failure).column > 1 for failure in told.failures)
