"""What could happen: the same `decide` and `evolve` run ahead, or reasoned about. Pure, its dice seeded."""
