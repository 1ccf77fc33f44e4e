"""The pieces of a first playbook; `$words` are filled in by `scaffold`. Comments in it are lessons, for people new to YAML."""

from typing import Final

HEAD: Final = """\
# A first playbook, made by `firebreak new`. It checks and proves as it stands: change it piece by piece.
# A line that begins with # is a note for people; the engine does not read it.
#
#   firebreak check $file     what is wrong, where, and what to write instead
#   firebreak explain FB103   what a finding means
#
# Two spaces mean "belongs to what stands above". A text with a colon, a comma or a question mark goes in quotes.

firebreak: 1            # the language; leave it
id: $id
title: $title
version: 1.0.0          # raise it whenever you change a published playbook
status: draft           # a draft can be rehearsed; write active when it may be started
owner: incident_lead
review_every: 180d
summary: >
  Say here what this playbook is for, and when not to use it.
triggers:
  - Say here how somebody recognises that it applies
settings: {visibility: participants}   # only those who take part may see a run

# What is asked when an incident is declared. Nothing waits for it: "not known yet" is an answer.
inputs:
  place: {type: text, required: true, label: "Where did it happen, or which team is it about?"}
  links: {type: url_list, required: true, label: Links to everything found so far}
"""

PEOPLE_INPUT: Final = """\
  people: {type: people, required: true, label: Colleagues who are seen or named}   # never shown in public words
"""

ROLES: Final = """\

# Roles, never people. `ask` means that somebody is named when it starts; with an organisation file, write where
# they are found instead: "oncall:comms", "group:hr-partners". A fallback steps in when nobody answers.
roles:
  incident_lead: {title: $lead, assign: ask, fallback: [sponsor]}
  comms_lead: {title: Head of communications, assign: ask, fallback: [sponsor]$recuse}
  writer: {title: Press officer, assign: ask, fallback: [incident_lead]}
  legal: {title: Counsel, assign: ask, fallback: [outside_counsel]$recuse}
  outside_counsel: {title: Outside counsel, assign: ask}
  it: {title: IT evidence custodian, assign: ask, fallback: [incident_lead]}
"""

PEOPLE_ROLE: Final = """\
  hr: {title: HR partner, assign: ask, fallback: [incident_lead]$recuse}   # recuse: nobody handles their own case
"""

TIMES: Final = """\
  sponsor: {title: Executive sponsor, assign: ask}

# Who hears of it, the later something gets. Nothing fails because time passed; more people know.
ladders:
  golden_hour: [{late: 5m, to: incident_lead}, {late: 15m, to: sponsor, by: phone}]
  office: [{late: 4h, to: incident_lead}, {late: 1bd, to: sponsor}]   # bd: business days

severity:
  levels:   # lowest first
    sev3: {title: Local, means: "Few people have seen it, and nobody has called"}
    sev2: {title: Spreading, means: "It is being shared, or one journalist has called"}
    sev1: {title: Crisis, means: "National press, threats, or somebody is hurt"}
  start: $severity
"""

MILESTONES: Final = """\

milestones:
  staff_told: {title: Staff told by us, reached_by: [send_staff], within: 45m}
"""

PUBLIC_MILESTONE: Final = """\
  line_out: {title: Our words are out, reached_by: [post_line], within: 60m, tell: [sponsor]}
"""

METRICS: Final = """\

metrics:
  time_to_staff: {title: Minutes until staff heard it from us, type: elapsed, from: declared, to: staff_told, target: "<= 45m"}
  heard_from_us: {title: Staff who heard it from us first, type: percent, source: survey, target: ">= 80%"}
  happened_again: {title: Similar incidents since, type: number, source: sponsor, target: "<= 0"}

# Prepared words: `>-` means that the text goes on over several lines. {{ inputs.place }} is filled in.
# Say only what you know, and care for people first.
templates:
  staff_note:
    text: >-
      Something happened at {{ inputs.place }}, and you may see it online. We are looking into it.
      Please send questions from outside to the press desk; this does not limit your right to discuss
      pay, hours, safety or working conditions.
"""

PUBLIC_TEMPLATE: Final = """\
  holding_line:
    text: >-
      We know about what happened at {{ inputs.place }}. Our first concern is the people involved.
      We are looking into it and will say more when we can.
"""

POLICIES: Final = """\

# What must hold in every run, whatever people answer. The checker proves it, or tells you how it could go wrong.
policies:
  - {id: always_learn, rule: always_happens, steps: [after_action], why: "We look back every time, without blame"}
  - {id: four_eyes, rule: different_people, steps: [draft_staff, ok_staff], why: "Nobody approves their own words"}
"""

STAFF_POLICIES: Final = """\
  - {id: two_keys, rule: approved_before_publish, audience: [employees], approvers: [legal, comms_lead]}
  - {id: saved_first, rule: before, first: capture, then: send_staff, why: "What is said makes people delete things"}
"""

PUBLIC_POLICIES: Final = """\
  - {id: two_keys, rule: approved_before_publish, audience: [$audience], approvers: [legal, comms_lead]}
  - {id: staff_first, rule: before, first: send_staff, then: post_line, why: "Staff hear it from us, not from the news"}
  - {id: saved_first, rule: before, first: capture, then: post_line, why: "What is said makes people delete things"}
"""

NO_NAMES: Final = """\
  - {id: no_names, rule: no_personal_data, audience: [$audience]}
"""

STEPS: Final = """\

# The order of this list does not matter: `needs` says what waits for what, and `then` what an answer leads to.
steps:
  - id: open_room
    message: Open the war room and say what is known
    to: [war_room]
    text: "Something happened at {{ inputs.place }}. Only the press desk speaks for us. Delete nothing. Facts and links go here."
  - id: capture
    evidence: Save every copy before anything changes
    role: it
    from: inputs.links
    collect: [screenshot, page_address, uploader, upload_time]
    due: 30m from declared
    takes: 10m
    escalate: golden_hour
  - id: facts
    task: Find out what happened
    role: incident_lead
    due: 20m from declared
    takes: 15m
    checklist: [What is known, What is not known, Who was there]
    escalate: golden_hour
"""

WELFARE: Final = """\
  - id: welfare
    task: Speak to everybody who is seen or named
    role: hr
    private: true        # only its role reads what is written here
    do: Care only. Do not ask what happened; that comes later, fairly.
    due: 1h from declared
    takes: 20m
    checklist: [Nobody is hurt, Contact person named, Support offered]
    escalate: golden_hour
"""

ANSWER: Final = """\

  - id: real
    decision: "Is it real, and is it about us?"
    role: incident_lead
    needs: [facts]
    due: 30m from declared
    takes: 5m
    escalate: golden_hour
    options:
      ours: {label: "Yes, or we cannot tell yet", then: [$branch]}
      not_us: {label: "No, it is not us", then: []}   # then: [] simply continues

  # Words go out in three steps: somebody drafts, others approve that very version, and only then is it sent.
  - id: draft_staff
    statement: Note to staff
    role: writer
    audience: employees
    template: staff_note
    takes: 5m
  - id: ok_staff
    approval: Counsel and communications agree the staff note
    of: draft_staff
    approvers: [legal, comms_lead]
    due: 40m from declared
    takes: 5m
    on_reject: {rework: draft_staff, max: 3, then: escalate}
    escalate: golden_hour
  - id: send_staff
    publish: Send the staff note
    of: draft_staff
    role: comms_lead
    needs: [ok_staff$saved]
    channels: ["email:all-staff"]   # with an organisation file: the name of one of its channels
    due: 45m from declared
    escalate: golden_hour
"""

PUBLIC_STEPS: Final = """\

  - id: draft_line
    statement: Holding line
    role: writer
    audience: $audience
    template: holding_line
    takes: 5m
    max_words: 60
  - id: ok_line
    approval: Counsel and communications agree the holding line
    of: draft_line
    approvers: [legal, comms_lead]
    due: 50m from declared
    takes: 5m
    on_reject: {rework: draft_line, max: 3, then: escalate}
    escalate: golden_hour
  - id: post_line
    publish: Give the holding line to those who ask
    of: draft_line
    role: comms_lead
    needs: [ok_line, send_staff, capture]   # this is what the policies above prove
    channels: ["email:press-desk"]
    due: 60m from declared
    escalate: golden_hour
"""

END: Final = """\

  - id: close
    task: Close the incident
    role: incident_lead
    needs: [$closing]
    even_if_blocked: true   # something that was stopped must not keep it open for ever
    sets: closed
  - id: after_action
    task: "After-action review, no blame"
    role: incident_lead
    needs: [close]
    even_if_blocked: true
    due: 5bd from closed
    checklist: [Timeline against milestones, What surprised us, Three changes with owners, Thank the team]
    escalate: office

# Months later, somebody still looks. A run is complete when the last of these is done.
follow_ups:
  - {id: day_30, at: 30d from closed, role: incident_lead, task: Check on the people and the changes, measure: [heard_from_us]}
  - {id: day_60, at: 60d from closed, role: incident_lead, task: Confirm that the three changes are live}
  - {id: day_120, at: 120d from closed, role: sponsor, task: Report and review this playbook, measure: [time_to_staff, happened_again]}
"""
