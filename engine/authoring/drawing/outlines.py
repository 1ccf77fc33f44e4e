"""The outline of each kind's card: kinds are told apart by word and shape; the tint only helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Path = Callable[[int, int, int, int], str]


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline within a rectangle, lines inside it, and how both are drawn."""

    edge: Path
    inside: Path | None = None
    tint: str = "#ffffff"
    dashes: str = ""


def _square(x: int, y: int, w: int, h: int) -> str:
    return f"M{x} {y}h{w}v{h}h{-w}z"


def _round(x: int, y: int, w: int, h: int) -> str:
    r = 14
    corner = f"a{r} {r} 0 0 1"
    return (
        f"M{x + r} {y}h{w - 2 * r}{corner} {r} {r}v{h - 2 * r}{corner} {-r} {r}h{2 * r - w}{corner} {-r} {-r}v{2 * r - h}{corner} {r} {-r}z"
    )


def _hexagon(x: int, y: int, w: int, h: int) -> str:
    d = 9
    return f"M{x + d} {y}h{w - 2 * d}l{d} {h // 2}l{-d} {h - h // 2}h{2 * d - w}l{-d} {h // 2 - h}z"


def _folded(x: int, y: int, w: int, h: int) -> str:
    return f"M{x} {y}h{w - 14}l14 14v{h - 14}h{-w}z"


def _fold(x: int, y: int, w: int, h: int) -> str:
    return f"M{x + w - 14} {y}v14h14"


def _pointed(x: int, y: int, w: int, h: int) -> str:
    d = 12
    return f"M{x} {y}h{w - d}l{d} {h // 2}l{-d} {h - h // 2}h{d - w}z"


def _cut(x: int, y: int, w: int, h: int) -> str:
    d = 9
    return f"M{x + d} {y}h{w - 2 * d}l{d} {d}v{h - 2 * d}l{-d} {d}h{2 * d - w}l{-d} {-d}v{2 * d - h}z"


def _frame(x: int, y: int, w: int, h: int) -> str:
    return _square(x + 4, y + 4, w - 8, h - 8)


def _bars(x: int, y: int, w: int, h: int) -> str:
    return f"M{x + 6} {y}v{h}M{x + w - 6} {y}v{h}"


def _drum(x: int, y: int, w: int, h: int) -> str:
    d = 10
    return f"M{x} {y + d // 2}q{w / 2:g} {-d} {w} 0v{h - d}q{-w / 2:g} {d} {-w} 0z"


def _bar(x: int, y: int, w: int, h: int) -> str:
    return f"M{x + 6} {y}v{h}"


def _loop(x: int, y: int, w: int, h: int) -> str:
    return _round(x + 4, y + 4, w - 8, h - 8)


OUTLINES: Final[Mapping[str, Outline]] = {
    "task": Outline(_square),
    "decision": Outline(_hexagon, tint="#fff3d6"),
    "statement": Outline(_folded, _fold, tint="#eef2ff"),
    "approval": Outline(_square, _frame, tint="#ffe9e6"),
    "publish": Outline(_pointed, tint="#e2f3e4"),
    "message": Outline(_round, tint="#f3f3f3"),
    "evidence": Outline(_drum, tint="#e6f4f7"),
    "ticket": Outline(_cut, tint="#f3f3f3"),
    "http": Outline(_cut, tint="#f3f3f3", dashes="5 3"),
    "wait": Outline(_round, tint="#f3f3f3", dashes="5 3"),
    "monitor": Outline(_round, _loop, tint="#e6f4f7"),
    "playbook": Outline(_square, _bars, tint="#f4ecfa"),
    "follow_up": Outline(_square, _bar, tint="#f7f7f2", dashes="5 3"),
}
