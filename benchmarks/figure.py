"""One measured figure and its goal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, in `unit`; `goal` is the most it may be, `how` how it was measured."""

    name: str
    value: float
    goal: float
    unit: str
    how: str

    @property
    def is_met(self) -> bool:
        return self.value <= self.goal

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.name}: {self.value:.1f} {self.unit} (goal {self.goal:.0f} {self.unit}, {verdict})\n    {self.how}"
