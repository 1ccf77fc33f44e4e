"""What could happen: a playbook run ahead many times with people who take their time.

The rules are those of the live engine: every run is a history made by `decide` and `evolve`. This package
only says when people act, what they choose and how long they take; it keeps no rule of its own.
"""
