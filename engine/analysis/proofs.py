"""Every rule that reasons about whole runs, in the order in which they are told.

They are asked only about a playbook that has no errors (`load_playbook(..., proofs=ALL_PROOFS)`).
"""

from typing import Final

from engine.language.checked import Rule

ALL_PROOFS: Final[tuple[Rule, ...]] = ()
