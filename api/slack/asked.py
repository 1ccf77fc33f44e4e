"""One line that somebody typed at `/incident`, or said to the app by a mention."""

from dataclasses import dataclass

from api.slack.finding import Place
from api.slack.typed import first_word
from engine.incident.actor import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person whom we know asks for.

    `rest` is what follows the word and `key` the incident that was named; `once` is the same however often it
    comes. Without a `trigger` (a mention has none) no form opens; `back` is where a later answer is whispered.
    """

    actor: Actor
    place: Place
    once: str
    rest: str = ""
    key: str | None = None
    trigger: str = ""
    back: str = ""

    def first(self) -> tuple[str, str]:
        """Split the rest into its first word and what follows."""
        return first_word(self.rest)

    def words(self, most: int) -> list[str]:
        """Split the rest into at most so many parts; the last one keeps its spaces."""
        return self.rest.split(maxsplit=most - 1)
