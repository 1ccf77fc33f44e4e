"""What the checker's rules ask of a single file beyond its models, said in JSON Schema: forms of texts, and what goes together.

Only what a schema can express stands here: it knows no other file, and does not follow names from one
step to another.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.language.playbook import OUTSIDE
from engine.language.rules.policies import RULES

Schema = dict[str, Any]

_SPAN: Final = "[0-9]{1,6}(s|m|h|d|w|bd)"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_OF_DAY: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_NAME: Final = "[a-z][a-z0-9_]{1,47}"
_NUMBER: Final = r"[-+]?[0-9]{1,15}(\.[0-9]{1,9})?"


def form(pattern: str, otherwise: str, *examples: str) -> Schema:
    """Give a text of one form; `otherwise` is what an editor says about any other."""
    shown: Schema = {"examples": list(examples)} if examples else {}
    return {"type": "string", "pattern": f"^{pattern}$", **shown, "patternErrorMessage": otherwise}


NAME: Final = form(_NAME, "a name has 2 to 48 of a-z, 0-9 and _, and begins with a letter")
DURATION: Final = form(rf"\s*{_SPAN}\s*", "not a time; write 15m, 4h, 2d or 3bd", "15m", "4h", "2d", "3bd")
DUE: Final = form(
    rf"\s*{_SPAN}(\s+from\s+\S+)?\s*", "not a time; write 15m, 4h, 2d, 3bd or '15m from declared'", "15m", "4h", "30m from declared"
)
REMINDER: Final = form(
    rf"\s*({_SPAN}\s+before|at\s+due|every\s+{_SPAN}\s+after)\s*",
    "not a reminder; write '5m before', 'at due' or 'every 15m after'",
    "5m before",
    "at due",
    "every 15m after",
)
_HOURS: Final = form(f"{_TIME_OF_DAY}-{_TIME_OF_DAY}", 'not a span of hours; write "22:00-07:00"', "22:00-07:00")
_WORKING: Final = form(f"{_TIME_OF_DAY}-{_TIME_OF_DAY}", 'not a span of hours; write "08:30-17:00"', "08:30-17:00")
_KEEP: Final = form(r"[0-9]{1,4}[dwmy]", "not a time to keep something; write 90d, 12m or 7y", "90d", "12m", "7y")
_DESTINATION: Final = form(
    r"(war_room|(slack|email|role|webhook):[\s\S]*)",
    "no destination; write war_room, slack:#x, email:x, role:x or webhook:name",
    "war_room",
)
_PERIOD: Final = form(r"\s*[0-9]{1,6}(s|m|h|d|w)\s*", "not a period; write 7d, 1w or 12h", "7d", "1w", "12h")
_MOMENT: Final = form(rf"{_DAY}([T ][0-9]{{2}}:[0-9]{{2}}\S*)?", "not a moment; write 2026-01-05T09:00", "2026-01-05T09:00")

FORMS: Final[Mapping[tuple[str, str], Schema]] = {
    ("Playbook", "version"): {"patternErrorMessage": "a version is three numbers, such as 1.0.0", "examples": ["1.0.0"]},
    ("Playbook", "firebreak"): {"default": 1},
    ("Settings", "quiet_hours"): _HOURS,
    ("Organisation", "quiet_hours"): _HOURS,
    ("Organisation", "firebreak_organisation"): {"default": 1},
    ("Calendar", "hours"): _WORKING,
    ("Calendar", "days"): {"minItems": 1},
    ("Calendar", "holidays"): {"items": form(_DAY, "not a day; write 2026-12-25", "2026-12-25")},
    ("Person", "email"): form(r"[^@\s]+@[^@\s]+", "not an e-mail address", "ana@example.com"),
    ("Oncall", "starts"): _MOMENT,
    ("Oncall", "every"): _PERIOD,
    ("Role", "assign"): {
        "patternErrorMessage": "says where to find the person: oncall:x, group:x, person:x, email:x or ask",
        "examples": ["oncall:", "group:", "person:", "email:", "ask"],
    },
    ("Metric", "target"): form(r"\s*(<=|>=|=)\s*\S.*", 'not a target; write "<= 60m", ">= 80%" or "= yes"', "<= 60m", ">= 80%", "= yes"),
    ("Severity", "levels"): {"minProperties": 2},
    ("Decision", "options"): {"minProperties": 1},
    ("Approval", "approvers"): {"uniqueItems": True},
    ("Policy", "rule"): {"enum": list(RULES)},
    ("Step", "remind"): {"items": REMINDER},
    ("Defaults", "remind"): {"items": REMINDER},
    ("Defaults", "broadcast"): form(r"(#[^\s#]{1,80}|[CG][A-Z0-9]{8,})", 'not a Slack channel; write "#incidents"', "#incidents"),
    ("Defaults", "alarm"): {
        "items": form(r"([a-z][a-z0-9_-]{0,63}|[^@\s]+@[^@\s]+)", "neither a person nor an e-mail address", "ops@example.com")
    },
    ("Evidence", "keep"): _KEEP,
    ("Message", "to"): {"items": _DESTINATION},
    ("SubPlaybook", "playbook"): form(rf"{_NAME}(@[0-9]+\.[0-9]+\.[0-9]+)?", "the id of a playbook, or id@x.y.z"),
    ("Message", "audience"): {"enum": [name for name in ("internal", "employees", "managers", "named_people") if name not in OUTSIDE]},
}
"""Laid over what the models say of a field, where the rules ask for more."""


def _when(field: str, value: object, then: Schema) -> Schema:
    return {"if": {"required": [field], "properties": {field: {"const": value}}}, "then": then}


def _typed(kind: str, default: Schema) -> Schema:
    return _when("type", kind, {"properties": {"default": default}})


def _policy(rule: str) -> Schema:
    takes = RULES[rule]
    ignored = sorted({name for other in RULES.values() for name in other.fields} - set(takes.fields))
    least: Schema = {name: {"minItems": takes.least if name == "steps" else 1} for name in takes.fields if name not in _SINGLE}
    return _when("rule", rule, {"required": list(takes.fields), "properties": {**least, **dict.fromkeys(ignored, False)}})


_SINGLE: Final = frozenset({"first", "then", "step", "max"})
_CHOICE: Final = _when("type", "choice", {"required": ["options"], "properties": {"options": {"minItems": 2}}})
_URL: Final = form(r"https?://\S+", "not an address; write https://…")
_TARGETS: Final[Mapping[str, str]] = {"elapsed": _SPAN, "number": _NUMBER, "percent": rf"{_NUMBER}\s*%?", "yes_no": "(yes|no|true|false)"}

CONDITIONS: Final[Mapping[str, list[Schema]]] = {
    "Input": [
        _CHOICE,
        {"if": {"required": ["required"], "properties": {"required": {"const": True}}}, "then": {"properties": {"default": False}}},
        _typed("yes_no", {"enum": [True, False, "yes", "no"]}),
        _typed("number", {"type": "number"}),
        _typed("url", _URL),
        _typed("url_list", {"type": "array", "items": _URL}),
        _typed("people", {"type": "array", "items": {"type": "string"}}),
        *(_typed(kind, {"type": "string"}) for kind in ("text", "long_text", "person", "country", "file", "date", "datetime")),
        _typed("duration", DURATION),
    ],
    "Result": [_CHOICE],
    "Metric": [
        _when("type", kind, {"properties": {"target": {"pattern": rf"^\s*(<=|>=|=)\s*{value}\s*$"}}}) for kind, value in _TARGETS.items()
    ],
    "TemplateSource": [{"oneOf": [{"required": ["text"]}, {"required": ["file"]}]}],
    "Policy": [_policy(rule) for rule in RULES],
    "Message": [{"oneOf": [{"required": ["text"]}, {"required": ["template"]}]}],
    "Ticket": [{"not": {"required": ["text", "template"]}}],
    "Decision": [{"dependentRequired": {"if_no_answer": ["due"]}}],
    "Wait": [{"oneOf": [{"required": ["for"]}, {"required": ["until"]}]}, {"dependentRequired": {"until": ["for_at_most"]}}],
    "Monitor": [{"required": ["for_at_most"]}],
    "ChannelEntry": [
        _when("kind", "webhook", {"anyOf": [{"required": ["url_secret"]}, {"required": ["url"]}]}),
        _when("kind", "email", {"required": ["to"]}),
        _when("kind", "manual", {"required": ["where"]}),
        _when("kind", "slack", {"required": ["to"]}),
    ],
}
"""What goes together within one map, by model."""
