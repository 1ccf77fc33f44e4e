"""The plan on paper: everything a reader needs is on it, in words; nothing private is, and nothing on it is markup that an author wrote."""

import re
from html.parser import HTMLParser

import pytest

from api.cli.plan_page import page
from engine.authoring.paper.book import Book
from engine.authoring.paper.conditions import condition
from engine.authoring.paper.plan import plan, purpose
from engine.authoring.paper.policies import in_words
from engine.authoring.paper.timetable import timetable
from engine.authoring.paper.wording import plain
from engine.language.playbook import Approval, Decision, Policy, Statement
from tests.authoring.given_books import HOSTILE, SHIPPED, book, shipped, small

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Outline(HTMLParser):
    """Reads a page as a browser would: its text, the order of its headings, and tags that don't close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.astray: list[str] = []
        self.headings: list[int] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def printed(read: Book, *, with_private: bool = False) -> Outline:
    return Outline(page(plan(read, with_private=with_private)))


def tidy(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", [*SHIPPED, "hostile"])
def test_the_page_is_well_formed_and_its_headings_are_in_order(name: str) -> None:
    outline = printed(book(HOSTILE) if name == "hostile" else shipped(name))

    assert (outline.open, outline.astray) == ([], [])
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(outline.headings, outline.headings[1:], strict=False))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_step_every_key_every_answer_and_every_follow_up_is_on_it(name: str) -> None:
    read = shipped(name)
    text, playbook = printed(read).text, read.playbook
    titles = [step.title for step in playbook.steps] + [each.task for each in playbook.follow_ups]
    keys = [playbook.roles[role].title for step in playbook.steps if isinstance(step, Approval) for role in step.approvers]
    answers = [option.label for step in playbook.steps if isinstance(step, Decision) for option in step.options.values()]

    assert [words for words in (*titles, *keys, *answers) if tidy(words) not in text] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_roles_questions_levels_promises_measures_and_policies_are_on_it(name: str) -> None:
    read = shipped(name)
    text, playbook = printed(read).text, read.playbook
    named = [each.title for part in (playbook.roles, playbook.milestones, playbook.metrics) for each in part.values()]
    asked = [each.label for each in playbook.inputs.values() if each.label]
    levels = [words for level in (playbook.severity.levels.values() if playbook.severity else ()) for words in (level.title, level.means)]
    rules = [in_words(read, policy) for policy in playbook.policies]

    assert [words for words in (*named, *asked, *levels, *rules, *playbook.triggers) if tidy(words) not in text] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_the_words_of_every_open_statement_are_on_it_in_full(name: str) -> None:
    read = shipped(name)
    text = printed(read).text
    open_ones = [step for step in read.playbook.steps if isinstance(step, Statement) and not (step.private or step.privileged)]
    words = [read.playbook.templates[step.template] for step in open_ones]
    sources = [source.text or read.files[source.file or ""] for source in words]

    assert [source for source in sources if tidy(plain(read, source)) not in text] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_private_steps_hold_is_on_it_only_when_asked_for(name: str) -> None:
    read = shipped(name)
    kept = [step for step in read.playbook.steps if step.private or step.privileged]
    held = [tidy(plain(read, part)) for step in kept for part in (step.do.split("\n\n") if step.do.strip() else [])]
    shared, whole = printed(read).text, printed(read, with_private=True).text

    assert [words for words in held if words in shared] == []
    assert [words for words in held if words not in whole] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_no_person_of_the_organisation_is_named(name: str) -> None:
    read = shipped(name)
    assert read.organisation is not None
    people = [word for person in read.organisation.people.values() for word in (person.name, person.email, person.phone) if word]
    text = printed(read).text

    assert [word for word in people if word in text] == []


def test_what_an_author_wrote_stays_text() -> None:
    outline = printed(book(HOSTILE))

    assert not outline.tags & {"script", "b", "i", "img"}
    assert "</td><script>alert(2)</script>" in outline.text
    assert not [key for key, _ in outline.attributes if key.startswith("on") or key == "src"]


@pytest.mark.parametrize("name", SHIPPED)
def test_it_stands_alone_and_says_its_language(name: str) -> None:
    outline = printed(shipped(name))
    links = [value for key, value in outline.attributes if key == "href"]

    assert ("lang", "en") in outline.attributes
    assert "script" not in outline.tags
    assert [link for link in links if link is None or not link.startswith("#")] == []
    assert {link[1:] for link in links if link} <= {value for key, value in outline.attributes if key == "id"}


def test_every_table_has_a_caption_and_headings_that_repeat_on_paper() -> None:
    text = page(plan(shipped("filmed_workplace_argument")))

    assert text.count("<table") == text.count("<caption>") == text.count("<thead>")
    assert "table-header-group" in text


def test_steps_are_grouped_by_when_they_are_due() -> None:
    phases = {phase.title: [row.id for row in phase.rows] for phase in timetable(shipped("filmed_workplace_argument"))}

    assert phases["In the first 15 minutes"] == ["open_room", "freeze"]
    assert phases["In the first hour"][:2] == ["facts", "real"]
    assert "hold_notice" in phases["On the first day"]
    assert phases["Closing, and after it"] == ["close", "after_action"]


def test_conditions_are_said_in_words() -> None:
    read = shipped("filmed_workplace_argument")

    assert condition(read, "inputs.injuries or metrics.views_total > 250000") == (
        "“Was anyone hurt?” is yes or “Views across known copies” is more than 250,000"
    )
    assert condition(read, "not done('facts') and decisions.real == 'ours'") == (
        "5 “Establish first facts with the site manager” is not done"
        " and the answer to 6 “Is the video real and is it us?” is “Yes, real and us”"
    )
    assert condition(read, "chosen('speak', 'post')") == "the answer to 21 “Do we post, or only answer when asked?” is “Post it”"
    assert condition(read, "elapsed('declared') > duration('24h')") == "the time since the start is more than 24 hours"
    assert condition(read, "severity_at_least('sev1')") == "severity is “Crisis” or higher"


def test_gaps_in_words_are_named_by_what_is_asked() -> None:
    read = shipped("filmed_workplace_argument")

    assert plain(read, "At {{ inputs.site }}{% if inputs.injuries %}, hurt{% endif %}.") == (
        "At [Site or team][only if “Was anyone hurt?” is yes: , hurt]."
    )


def test_a_summary_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    parts = purpose("Save it. Then speak. Not for rumours. Legal notes here are not advice; checked on 2026-11-23.")

    assert parts.what == "Save it. Then speak."
    assert parts.not_for == "Not for rumours."
    assert parts.legal == "Legal notes here are not advice; checked on 2026-11-23."


@pytest.mark.parametrize(
    ("rule", "fields", "words"),
    [
        ("before", {"first": "aa", "then": ["bb"]}, "2 “Second” never happens before 1 “First” is done."),
        ("requires", {"step": "bb", "needs": ["aa"]}, "2 “Second” never happens before all of these are done: 1 “First”."),
        ("never_both", {"steps": ["aa", "bb"]}, "Never more than one of these happens in the same incident: 1 “First” and 2 “Second”."),
        ("always_happens", {"steps": ["aa"]}, "1 “First” always happens, whatever was skipped or stopped before."),
        ("different_people", {"steps": ["aa", "bb"]}, "1 “First” and 2 “Second” are done by different people."),
        ("no_personal_data", {"audience": ["media"]}, "No names and nothing else that is personal or private reaches the media."),
        ("within", {"step": "aa", "max": "10m"}, "1 “First” can be done within 10 minutes, and somebody is called when it is late."),
        ("forbid_words", {"audience": ["public"], "words": ["hoax", "liar"]}, "Words for the public never contain “hoax” or “liar”."),
        (
            "approved_before_publish",
            {"audience": ["public", "media"], "approvers": ["legal", "lead"]},
            "Nothing is published for the public or the media before Counsel and Incident lead have each approved exactly those words.",
        ),
    ],
)
def test_every_policy_is_a_sentence(rule: str, fields: dict[str, object], words: str) -> None:
    read = small("id: aa, task: First, role: lead", "id: bb, task: Second, role: legal")

    assert in_words(read, Policy.model_validate({"id": "one", "rule": rule, **fields})) == words
