"""Books to draw: the shipped playbooks as they stand, and small ones written for a test."""

from functools import cache
from pathlib import Path

from engine.authoring.paper.book import Book
from engine.language.load import load_organisation, load_playbook

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
SHIPPED = sorted(file.stem for file in PLAYBOOKS.glob("*.yaml") if file.stem != "organisation" and not file.stem.endswith(".test"))
HOSTILE = """
firebreak: 1
id: hostile
title: '"]; click s1 "javascript:alert(1)" <script>alert(1)</script>'
version: 1.0.0
owner: lead
summary: "A & B <b>bold</b>. Not for <i>jokes</i>."
roles:
  lead: {title: 'Lead "] --> s2 <img src=x onerror=alert(1)>'}
  legal: {title: مستشار قانوني}
steps:
  - {id: a1, task: end, role: lead, do: "</td><script>alert(2)</script>"}
  - {id: a2, task: '`**md**` #quot; &amp; "quoted" | pipe; %% comment', role: lead, needs: [a1]}
  - id: a3
    decision: 'subgraph style classDef -- > --> x?'
    role: legal
    needs: [a2]
    options:
      yes: {label: 'Yes |" <b>', then: [a4]}
      no: {label: نعم, then: [a5]}
  - {id: a4, task: هذا عنوان طويل جدا باللغة العربية لاختبار الاتجاه من اليمين إلى اليسار, role: legal}
  - id: a5
    task: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft 🔥🔥🧯 日本語のとても長いタイトル日本語'
    role: lead
  - {id: a6, task: "Close ]]> \\u202egnp.exe", role: lead, needs: [a4, a5], sets: closed}
"""


def read(name: str) -> str:
    return (PLAYBOOKS / name).read_text("utf-8")


@cache
def shipped(name: str) -> Book:
    """Give a shipped playbook with the sample organisation."""
    organisation = load_organisation(read("organisation.yaml"), file="organisation.yaml").organisation
    loaded = load_playbook(read(f"{name}.yaml"), file=f"{name}.yaml", read=read)
    assert loaded.playbook is not None, loaded.diagnostics
    return Book(loaded.playbook, loaded.files, organisation)


def book(text: str) -> Book:
    """Give a playbook written for a test."""
    loaded = load_playbook(text, file="test.yaml", read=read)
    assert loaded.playbook is not None, loaded.diagnostics
    return Book(loaded.playbook, loaded.files)


def small(*steps: str, more: str = "") -> Book:
    """Give a playbook of a few steps, whose roles are lead, legal and press."""
    lines = "\n".join(f"  - {{{step}}}" for step in steps)
    head = "firebreak: 1\nid: small\ntitle: Small\nversion: 1.0.0\nowner: lead\nsummary: A test.\n"
    roles = "roles: {lead: {title: Incident lead}, legal: {title: Counsel}, press: {title: Press officer}}\n"
    return book(f"{head}{roles}{more}steps:\n{lines}\n")
