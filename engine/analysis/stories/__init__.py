"""Stories that authors tell beside a playbook, and what must come of them; played on the real `decide`, `evolve` and `react`.

read_stories(text, world)   -> stories, findings     what the author wrote, every name checked
play(world, story)          -> Told                  what happened, and what did not go as told
branches, covered           -> Branch                what there is to cover, and what a run covered

None of them keeps a rule of its own about incidents: whatever a story shows would happen to people too.
"""
