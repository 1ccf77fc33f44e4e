"""Statements: versions, their digests, and words that may not be said."""

from hashlib import sha256

import rfc8785

from engine.incident import commands as c
from engine.incident.personal import Personal, plain_text
from tests.incident.given import HEAD, Run, trial, trial_world

STEPS = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site, newsroom]}
"""
STRICT = STEPS.replace("template: line", "template: line, max_words: 6, must_say: [sorry], must_not_say: [fired]")
LANGUAGES = HEAD + "  letter: {text: We know., languages: {en: en.j2, fr: fr.j2}}\n"


def in_two_languages() -> Run:
    return Run.begin(trial_world(STEPS.replace("template: line", "template: letter, languages: [en, fr]"), head=LANGUAGES))


def texts(run: Run) -> dict[str, str]:
    return {language: plain_text(text) for language, text in run.step("draft").versions[-1].texts.items()}


def test_without_a_text_the_template_is_submitted() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")

    assert texts(run) == {"default": "We know about Plant 4."}
    assert run.step("draft").state == "done"


def test_the_digest_is_sha_256_over_canonical_json_of_every_language() -> None:
    run = in_two_languages()
    run.do(c.SubmitDraft("draft", "Bonjour.", language="fr"), by="dee")
    canonical = rfc8785.dumps({"languages": {"en": "We know.", "fr": "Bonjour."}, "channels": {}, "attachments": []})

    assert run.version("draft") == sha256(canonical).hexdigest()


def test_an_edit_is_a_new_version_with_its_author() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft", "One."), by="dee")
    run.do(c.SubmitDraft("draft", "Two."), by="ana")

    assert [(version.number, version.author) for version in run.step("draft").versions] == [(1, "dee"), (2, "ana")]


def test_the_same_words_again_are_no_edit() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft", "One."), by="dee")

    assert run.do(c.SubmitDraft("draft", "One."), by="ana") == ()


def test_several_languages_are_one_version() -> None:
    run = in_two_languages()
    run.do(c.SubmitDraft("draft", texts={"en": "We look into it.", "fr": "Bonjour."}), by="dee")

    assert texts(run) == {"en": "We look into it.", "fr": "Bonjour."}
    assert len(run.step("draft").versions) == 1


def test_what_is_wrong_in_one_of_several_languages_names_it() -> None:
    world = trial_world(STRICT.replace("template: line", "template: letter, languages: [en, fr]"), head=LANGUAGES)
    run = Run.begin(world)
    refusal = run.refused(c.SubmitDraft("draft", texts={"en": "We are sorry.", "fr": "We know."}), by="dee")

    assert (refusal.code, refusal.field) == ("wording", "text:fr")


def test_words_in_an_unknown_language_are_refused() -> None:
    assert in_two_languages().refused(c.SubmitDraft("draft", texts={"de": "Hallo."}), by="dee").field == "language"


def test_whoever_names_the_version_they_began_with_writes_over_no_other() -> None:
    run = in_two_languages()
    run.do(c.SubmitDraft("draft", texts={"en": "One."}, version=""), by="dee")
    first = run.version("draft")
    run.do(c.SubmitDraft("draft", texts={"en": "Two."}, version=first), by="ana")

    assert run.code(c.SubmitDraft("draft", texts={"en": "Three."}, version=first), by="dee") == "stale_version"
    assert run.code(c.SubmitDraft("draft", texts={"en": "Three."}, version=""), by="dee") == "stale_version"


def test_one_language_is_edited_without_touching_the_others() -> None:
    run = in_two_languages()
    run.do(c.SubmitDraft("draft", "One.", language="en"), by="dee")
    run.do(c.SubmitDraft("draft", "Un.", language="fr"), by="dee")

    assert texts(run) == {"en": "One.", "fr": "Un."}


def test_a_language_that_the_statement_lacks_is_refused() -> None:
    assert in_two_languages().code(c.SubmitDraft("draft", "Eins.", language="de"), by="dee") == "bad_value"


def test_words_are_held_against_what_the_author_of_the_playbook_said() -> None:
    run = trial(STRICT)
    reasons = [run.refused(c.SubmitDraft("draft", text), by="dee").reason for text in ("Sorry, he was fired", "We know", "Sorry " * 7)]

    assert reasons == ["the text may not say 'fired'", "the text must say 'sorry'", "the text has 7 words; at most 6"]


def test_an_empty_text_is_refused() -> None:
    assert trial(STEPS).code(c.SubmitDraft("draft", "   "), by="dee") == "wording"


def test_a_template_masks_personal_inputs() -> None:
    head = HEAD.replace("inputs.site }}", "inputs.site }} and {{ inputs.people | join(', ') }}")
    world = trial_world(STEPS.replace("audience: public", "audience: employees"), head=head)
    run = Run.begin(world, inputs={"people": ["Fred Hollis"]})
    run.do(c.SubmitDraft("draft"), by="dee")

    assert texts(run) == {"default": "We know about Plant 4 and [personal]."}


def test_words_that_name_somebody_are_marked_as_personal() -> None:
    run = trial(STEPS, inputs={"people": ["Fred Hollis"]})
    run.do(c.SubmitDraft("draft", "We spoke to fred hollis."), by="dee")

    assert run.step("draft").versions[-1].texts == {"default": Personal("We spoke to fred hollis.", "Fred Hollis")}


def test_only_whoever_has_a_part_in_it_submits() -> None:
    assert trial(STEPS).code(c.SubmitDraft("draft", "One."), by="cho") == "not_you"


def test_words_that_are_being_published_stand_for_the_rest_of_the_run() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")
    run.agree("agree", "draft", "ben")
    run.do(c.Confirm("post", "site", "https://example.com/1"), by="dee")

    assert run.code(c.SubmitDraft("draft", "Other words."), by="dee") == "in_use"
