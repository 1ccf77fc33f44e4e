"""What every rule looks at: a playbook whose fields are sound, with all that its names may refer to.

Nothing here is read from a disk or a clock: the loader hands in the files, the organisation and the day.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from engine.language.diagnostic import Finding
from engine.language.graph import Graph
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook


@dataclass(frozen=True)
class Checked:
    """A playbook to be judged; `organisation` and `today` are None when it is checked without them."""

    playbook: Playbook
    organisation: Organisation | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """Text of each template file that could be read, by its path as written."""
    missing: frozenset[str] = frozenset()
    """Files that could not be read, by their path as written."""
    library: Mapping[str, Playbook] = field(default_factory=dict)
    """Other playbooks known, by id, for rules about steps that start one."""
    today: date | None = None

    @cached_property
    def graph(self) -> Graph:
        return Graph.of(self.playbook)


Rule = Callable[[Checked], Iterable[Finding]]
