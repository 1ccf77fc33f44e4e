"""Which steps some run reaches: most are seen in a few thousand random runs of the circuit, the rest is asked for.

The random runs cost nothing in certainty: a step that is seen is reachable, a step that is not seen is proved to be
unreachable or shown to be reached by the same search as everything else.
"""

from random import Random
from typing import Final

from engine.analysis.proving.circuit import Circuit
from engine.analysis.proving.search import question
from engine.analysis.proving.states import Model

RUNS: Final = 4_096
"""Random runs that are looked at together, one in each bit of a number."""


def reachable(model: Model) -> frozenset[str]:
    """List the steps that become ready in some course of events."""
    started = {name: model.constrained(model.started(name)) for name in model.status}
    seen = _seen(model.circuit)
    return frozenset(name for name, gate in started.items() if seen[gate] or question(model.circuit, gate).is_possible({}))


def _seen(circuit: Circuit) -> dict[int, int]:
    """Evaluate every gate in random runs; choices lean to their first value in one run of two."""
    dice = Random(1)  # noqa: S311 -- a fixed seed: the same file gives the same answer in the same time
    everything = (1 << RUNS) - 1
    columns: dict[tuple[tuple[str, ...], str], int] = {}
    for choice in circuit.choices.values():
        left = everything
        for value in choice.values[:-1]:
            columns[choice.key, value] = left & dice.getrandbits(RUNS)
            left &= ~columns[choice.key, value]
        columns[choice.key, choice.values[-1]] = left
    return circuit.evaluated(range(len(circuit.gates)), columns, everything=everything)
