"""What may happen in an incident: the only rules. Pure.

decide(world, incident, command, now) -> entries | Refusal     what should happen
evolve(incident, entry)               -> incident              what is now true
react(world, before, after, entries)  -> deliveries            who must hear of it
next_alarm(world, incident, now)      -> instant | None        when time itself must act

The live engine, the simulator and the verifier call these same functions; none of them may keep a
rule of its own.
"""
