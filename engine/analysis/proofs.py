"""Every rule that reasons about whole runs, in the order in which they are told.

They are asked only about a playbook that has no errors (`load_playbook(..., proofs=ALL_PROOFS)`).
"""

from typing import Final

from engine.analysis.dangling import branches_lead_somewhere
from engine.analysis.proving.rules import runs_are_sound
from engine.analysis.timing.dues import promises_can_be_kept
from engine.analysis.timing.overload import roles_have_time
from engine.language.checked import Rule

ALL_PROOFS: Final[tuple[Rule, ...]] = (
    branches_lead_somewhere,
    promises_can_be_kept,
    roles_have_time,
    runs_are_sound,
)
