"""A shaped document becomes a model, or a mended model with the findings that say what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from engine.language.complaints import Fault, faults_in, translate
from engine.language.diagnostic import Finding, Path
from engine.language.repair import Repair, original

_ROUNDS: Final = 5
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True)
class Fitted(Generic[Shape]):
    """The model (mended when there are findings, None when hopeless) and what its document got wrong."""

    model: Shape | None
    findings: tuple[Finding, ...] = ()
    kept: Mapping[Path, list[int]] | None = None
    repair: Repair | None = None

    def placed(self, finding: Finding) -> Finding | None:
        """Give a later finding the author's own indexes, or None when it is an echo of something mended."""
        if self.repair is None:
            return finding
        moved = replace(finding, path=original(finding.path, self.kept or {}))
        return None if self.repair.hides(moved) else moved


def fitted(model: type[Shape], data: Mapping[str, Any]) -> Fitted[Shape]:
    """Validate a document strictly; where it fails, report every fault and mend it for the rules."""
    first = _validated(model, data)
    if isinstance(first, BaseModel):
        return Fitted(first)
    findings = tuple(translate(first, model=model, data=data))
    repair = Repair.of(data)
    faults = first
    for _ in range(_ROUNDS):
        repair.mend(faults)
        if repair.is_hopeless:
            break
        compact, kept = repair.compacted()
        again = _validated(model, compact)
        if isinstance(again, BaseModel):
            return Fitted(again, findings, kept, repair)
        faults = [replace(fault, path=original(fault.path, kept)) for fault in again]
    return Fitted(None, findings)


def _validated(model: type[Shape], data: Mapping[str, Any]) -> Shape | list[Fault]:
    try:
        return model.model_validate(data, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        return faults_in(error.errors(include_url=False, include_input=False), data)
