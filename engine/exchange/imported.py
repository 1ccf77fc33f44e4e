"""What an import gives: files of a playbook, and everything there is to say about the file they were made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.exchange.cacao.kept import Kept
from engine.language.diagnostic import Diagnostic


@dataclass(frozen=True)
class Imported:
    """Texts of files by their path below a folder, the playbook first; none when nothing could be made."""

    files: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()
    kept: Kept = field(default_factory=Kept)

    @property
    def playbook(self) -> str:
        """The path of the playbook among the files; empty without one."""
        return next(iter(self.files), "")
