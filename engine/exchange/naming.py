"""Names for what came without one: made from its title, never twice."""

from dataclasses import dataclass, field
from typing import Final

from engine.language.suggest import as_name

LONGEST: Final = 48
_FILLERS: Final = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "our", "that", "the", "to", "we", "with"}
)


@dataclass
class Names:
    """Gives names of the language; `taken` are those given before."""

    taken: set[str] = field(default_factory=set)

    def new(self, title: str, *, otherwise: str) -> str:
        """Give a name made from a title, or from `otherwise` where the title has no letters of the alphabet."""
        wanted = as_name(" ".join(_telling(title.split()[:5]))) or otherwise
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted[: LONGEST - len(str(count)) - 1]}_{count}"
        self.taken.add(name)
        return name


def _telling(words: list[str]) -> list[str]:
    """Give words without those at the end that say nothing."""
    kept = list(words)
    while len(kept) > 1 and kept[-1].lower() in _FILLERS:
        kept.pop()
    return kept
