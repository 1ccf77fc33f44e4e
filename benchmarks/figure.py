"""One measured figure and its goal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, in `unit`; `goal` is the most it may be (or the least, with `at_least`), `how` how it was measured."""

    name: str
    value: float
    goal: float
    unit: str
    how: str
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "MISSED"
        places = 2 if self.goal < 10 else 1
        bound = "at least" if self.at_least else "at most"
        return f"{self.name}: {self.value:.{places}f} {self.unit} (goal: {bound} {self.goal:g} {self.unit}, {verdict})\n    {self.how}"
