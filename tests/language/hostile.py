"""Files made to take time or memory, each within the size that is read at all."""

from typing import Final

_HEAD: Final = "firebreak: 1\nid: hostile\ntitle: Hostile\nversion: 1.0.0\nowner: lead\nroles: {lead: {title: Lead}}\nsteps:\n"
_STEP: Final = "  - {{id: s{0}, task: Step, role: lead, needs: [{1}]}}\n"


def _as_yaml() -> dict[str, str | bytes]:
    """Hard on the YAML reader."""
    laughs = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))
    return {
        "deep lists": "[" * 500_000,
        "deep maps": "{a: " * 200_000,
        "deep blocks": "\n".join(" " * n + "a:" for n in range(1_000)),
        "many keys": "\n".join(f"k{n}: v" for n in range(100_000)),
        "one long line": "title: " + "x" * 1_000_000,
        "long quotes": 'title: "' + "\\n" * 400_000,
        "many laughs": f"a: &a [x, x]\n{laughs}",
        "a cycle": "a: &a [*a]\n",
        "too large": b"a: b\n" * 300_000,
        "questions": "? " * 300_000,
        "dashes": "- " * 300_000,
        "anchors": "&a " * 100_000,
        "tags": "!" * 500_000,
        "colons": "a: " * 100_000,
        "comments": "#\n" * 500_000,
        "extends itself": "firebreak: 1\nextends: x.yaml\n",
    }


def _as_graphs() -> dict[str, str | bytes]:
    """Hard on rules about who waits for whom."""
    chain = "".join(_STEP.format(n, f"s{n - 1}" if n > 10 else "") for n in range(10, 500))
    dense = "".join(_STEP.format(n, ", ".join(f"s{m}" for m in range(10, n))) for n in range(10, 85))
    options = "options: {{yes: {{label: A, then: [d{0}]}}, no: {{label: B, then: [d{0}]}}}}"
    decisions = "".join(f"  - {{id: d{n}, decision: Ask, role: lead, {options.format(n + 1)}}}\n" for n in range(10, 300))
    return {
        "long chain of needs": _HEAD + chain,
        "dense needs": _HEAD + dense,
        "too dense needs": _HEAD + dense.replace("s10,", "s10, " * 30),
        "unknown needs": _HEAD + _STEP.format(1, ", ".join(f"unknown_step_{n}" for n in range(900))),
        "many needs": _HEAD + _STEP.format(1, ", ".join(f"unknown_step_{n}" for n in range(15_000))),
        "many decisions": _HEAD + decisions + "  - {id: d300, task: End, role: lead}\n",
    }


def _as_fields() -> dict[str, str | bytes]:
    """Hard on rules about one thing at a time, and on whoever counts mistakes."""
    fallbacks = ", ".join(f"r{n}" for n in range(10, 130))
    roles = "".join(f"  r{n}: {{title: Role, fallback: [{fallbacks}]}}\n" for n in range(10, 130))
    rungs = ", ".join(f"{{late: {n}m, to: r{n}}}" for n in range(900, 10, -1))
    end = "steps: [{id: end, task: End, role: r10}]\n"
    return {
        "many wrong fields": _HEAD + "  - {id: one, task: Step, " + ", ".join(f"field_{n}: x" for n in range(900)) + "}\n",
        "many wrong steps": _HEAD + "  - {}\n" * 6_000,
        "many roles": f"firebreak: 1\nroles:\n{roles}{end}",
        "long ladder": f"firebreak: 1\nladders: {{down: [{rungs}]}}\n{end}",
        "many inputs": "firebreak: 1\ninputs:\n" + "".join(f"  i{n}: {{type: text}}\n" for n in range(900)) + end,
        "long guard": _guarded(" and ".join(["inputs.x"] * 5_000)),
        "deep guard": _guarded("(" * 9_000 + "1" + ")" * 9_000),
        "nots": _guarded("not " * 4_000 + "true"),
        "deep template": _HEAD + f"  - {{id: one, message: Step, to: [war_room], text: '{'{% if true %}' * 1_000}'}}\n",
    }


def _guarded(guard: str) -> str:
    return _HEAD + f"  - {{id: one, task: Step, role: lead, when: '{guard}'}}\n"


HOSTILE: Final = {**_as_yaml(), **_as_graphs(), **_as_fields()}
