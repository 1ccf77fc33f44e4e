"""Every code that Firebreak can report: its level, its slug for `# firebreak: allow`, and a title.

The long explanation of a code stands in `docs/rules/<CODE>.md`; a test holds that each has one.
"""

from dataclasses import dataclass
from typing import Final

from engine.language.diagnostic import Level


@dataclass(frozen=True, slots=True)
class Entry:
    """One code; `is_planned` while no rule reports it yet."""

    code: str
    level: Level
    slug: str
    title: str
    is_planned: bool = False


_ENTRIES: Final = (
    # the file itself
    Entry("FB001", "error", "unreadable-file", "the file can't be read as YAML"),
    Entry("FB002", "error", "duplicate-key", "a field is given twice"),
    Entry("FB003", "error", "yaml-reuse", "anchors, merge keys and tags are not allowed"),
    Entry("FB004", "error", "unquoted-value", "a number or yes/no value stands where text is wanted"),
    Entry("FB005", "error", "other-language", "the file does not say that it is written in language 1"),
    Entry("FB006", "error", "unquoted-template", "{{ … }} needs quotes"),
    # fields
    Entry("FB010", "error", "bad-field", "a field is unknown, missing or of the wrong kind"),
    Entry("FB011", "error", "step-kind", "a step has no kind, or more than one"),
    Entry("FB012", "error", "bad-version", "the version is not x.y.z"),
    # names
    Entry("FB101", "error", "duplicate-id", "two things have the same id"),
    Entry("FB102", "error", "missing-role", "a step that people do has no role"),
    Entry("FB103", "error", "unknown-role", "a role, or a person of the organisation file, is unknown"),
    Entry("FB104", "error", "unknown-step", "a step is unknown"),
    Entry("FB105", "error", "circular-fallback", "roles fall back in a circle"),
    Entry("FB106", "error", "unknown-ladder", "a ladder is unknown"),
    Entry("FB107", "error", "unknown-template", "a template is unknown"),
    Entry("FB108", "error", "unknown-parent", "the file named by extends is missing, or extends this one"),
    Entry("FB110", "error", "unknown-input-type", "an input's type is unknown"),
    Entry("FB111", "error", "required-default", "a required input has a default"),
    Entry("FB112", "error", "unfit-default", "a default does not fit its input"),
    Entry("FB113", "error", "too-few-options", "a choice has fewer than two options"),
    Entry("FB114", "warning", "unknown-assignment", "nobody can be found by a role's assign"),
    Entry("FB115", "warning", "missing-skill", "nobody who can hold a role has the skills it asks for"),
    Entry("FB116", "error", "unknown-channel", "a channel is not in the organisation file"),
    Entry("FB117", "warning", "key-without-hand", "somebody who must approve can't be reached where they could"),
    Entry("FB120", "error", "too-few-levels", "severity has fewer than two levels"),
    Entry("FB121", "error", "unknown-level", "a severity level is unknown"),
    Entry("FB130", "error", "bad-target", "a metric's target can't be compared"),
    Entry("FB131", "warning", "metric-without-source", "nobody records a metric"),
    Entry("FB132", "error", "template-source", "a template has both text and file, or neither"),
    Entry("FB133", "error", "missing-file", "a template's file is missing"),
    Entry("FB140", "error", "unknown-policy-rule", "a policy's rule is unknown, or lacks what it needs"),
    # the graph
    Entry("FB201", "error", "circular-needs", "steps wait for each other"),
    Entry("FB202", "error", "unreachable-step", "a step can never run"),
    Entry("FB203", "info", "redundant-need", "a need changes nothing"),
    Entry("FB204", "warning", "dangling-branch", "something leads nowhere"),
    Entry("FB205", "error", "two-closings", "two steps set the same moment"),
    Entry("FB210", "error", "circular-playbooks", "playbooks call each other in a circle"),
    Entry("FB211", "error", "unknown-playbook", "a playbook or its version is unknown"),
    Entry("FB212", "error", "missing-input", "a called playbook does not get an input that it requires"),
    Entry("FB220", "error", "option-without-then", "an option does not say what happens then"),
    Entry("FB221", "warning", "single-option", "a decision has one option"),
    Entry("FB222", "error", "unknown-answer", "if_no_answer is not an option"),
    Entry("FB223", "warning", "double-listing", "a step is listed under options of two decisions"),
    Entry("FB224", "error", "answer-without-due", "a decision has if_no_answer but no due"),
    # time
    Entry("FB301", "error", "bad-time", "a time can't be read"),
    Entry("FB302", "error", "unknown-anchor", "a deadline counts from something unknown"),
    Entry("FB303", "error", "unordered-ladder", "a ladder does not get later with each rung"),
    Entry("FB310", "error", "infeasible-milestone", "a milestone can't be met"),
    Entry("FB311", "warning", "early-due", "a step is due before one that it needs"),
    Entry("FB312", "warning", "silent-deadline", "nobody is told when a deadline is missed"),
    Entry("FB313", "error", "endless-wait", "a wait or monitor may never end"),
    Entry("FB314", "warning", "hasty-monitor", "a monitor looks more often than every five minutes"),
    Entry("FB315", "warning", "overloaded-role", "a role has more to do at once than its people can do"),
    # policies
    Entry("FB401", "error", "unapproved-publish", "something can be published without an approval"),
    Entry("FB402", "error", "broken-order", "a step can happen before another that must come first"),
    Entry("FB403", "error", "both-routes", "two steps that exclude each other can both happen"),
    Entry("FB404", "error", "not-always", "a step that must always happen may not"),
    Entry("FB405", "error", "approval-without-rework", "an approval does not say what happens on rejection"),
    Entry("FB406", "error", "same-hands", "somebody both writes and approves"),
    Entry("FB407", "error", "impossible-quorum", "an approval asks for more keys than there are approvers"),
    Entry("FB408", "error", "skippable-duty", "a step that a policy protects could be skipped by hand"),
    Entry("FB409", "error", "bad-rework", "rework goes to a step that is not before the approval"),
    Entry("FB410", "error", "weakened-policy", "a file weakens a policy of the file it extends"),
    Entry("FB411", "error", "wrong-channel", "a channel is for another audience than the statement"),
    Entry("FB412", "error", "unapproved-message", "a message to outsiders counts as publishing"),
    Entry("FB413", "error", "unknown-ticket-system", "a ticket system is unknown"),
    Entry("FB414", "error", "unlisted-host", "a host is not on the allow-list"),
    Entry("FB415", "error", "written-secret", "a secret is written in the file"),
    Entry("FB416", "error", "plain-http", "an address is plain http"),
    Entry("FB420", "error", "personal-data", "personal data would be published"),
    Entry("FB421", "warning", "private-text", "private text is used in a room message"),
    Entry("FB423", "warning", "task-tells-outsiders", "a task tells outsiders without an approval"),
    Entry("FB424", "warning", "open-incident", "an incident with personal inputs is open to everyone"),
    Entry("FB430", "warning", "backfiring-posture", "research says that this posture backfires"),
    Entry("FB431", "error", "forbidden-words", "a template holds forbidden words"),
    Entry("FB440", "warning", "takedown-before-evidence", "a takedown has no evidence step before it"),
    # expressions and templates
    Entry("FB501", "error", "unknown-name", "an expression or template uses an unknown name"),
    Entry("FB502", "warning", "empty-input", "an input that is asked later may be empty here"),
    Entry("FB503", "error", "template-syntax", "a template can't be read"),
    Entry("FB504", "error", "not-yes-or-no", "a guard is not yes or no, or can't be read"),
    Entry("FB505", "warning", "constant-guard", "a guard is always true or always false"),
    Entry("FB506", "error", "forbidden-expression", "an expression does something that expressions may not"),
    Entry("FB507", "error", "mixed-comparison", "two things are compared that can't be"),
    Entry("FB508", "error", "unordered-guard", "a guard reads a step that its step does not wait for"),
    # good habits
    Entry("FB601", "warning", "unused-input", "an input is never used"),
    Entry("FB602", "warning", "unused-role", "a role is never used"),
    Entry("FB603", "info", "no-summary", "the playbook has no summary"),
    Entry("FB604", "info", "reference-without-link", "a reference has no link"),
    Entry("FB605", "info", "no-follow-up", "nobody looks again after 30, 60 and 120 days"),
    Entry("FB606", "info", "overdue-review", "the playbook's review is overdue"),
    # exchange with CACAO
    Entry("FB701", "warning", "serialised-graph", "steps were put in one order for CACAO"),
    Entry("FB702", "warning", "command-as-text", "a command was kept as text"),
    Entry("FB703", "warning", "bounded-loop", "a loop without a limit was given one"),
    Entry("FB704", "error", "missing-target", "steps of an imported file lead nowhere, or in a circle"),
    Entry("FB705", "warning", "condition-as-question", "a condition was turned into a question"),
    Entry("FB706", "info", "left-aside", "something of an imported file has no place in a playbook"),
    Entry("FB707", "error", "broken-seal", "a file inside an export is not what its digest says"),
    # stories
    Entry("FB800", "error", "bad-story", "a story can't be read"),
    Entry("FB801", "error", "unknown-in-story", "a story names something that the playbook does not have"),
    Entry("FB802", "error", "unfit-action", "an action of a story does not fit its step"),
    Entry("FB810", "error", "story-not-as-told", "a story does not go as told"),
)

CATALOGUE: Final[dict[str, Entry]] = {entry.code: entry for entry in _ENTRIES}
BY_SLUG: Final[dict[str, Entry]] = {entry.slug: entry for entry in _ENTRIES}


def level_of(code: str) -> Level:
    """Give the level at which a code is reported unless its finding says otherwise."""
    return CATALOGUE[code].level


def entry_for(word: str) -> Entry | None:
    """Find a code by itself (`FB202`, in any case) or by its slug."""
    return CATALOGUE.get(word.upper()) or BY_SLUG.get(word.lower())
