"""What no run of a playbook can do, proved: policies over every path, as `docs/verification.md` explains.

    Checked -> Model (states of steps as a circuit over free choices) -> Obligation (what must be impossible)
            -> search (plain enumeration, or a SAT solver above 100,000 combinations) -> Proof or a story

A pass is sound: the circuit allows at least everything that `decide` and `evolve` allow. A counter-example may
ask for something that can't happen together, and is told as a path, so that its author can add the missing need.
"""
