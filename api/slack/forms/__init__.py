"""Forms for what needs words: each is drawn from an incident as it is now, and submitted as one command.

    Forms(parts, doing, workspace).open("skip", About("INC-7", step="capture"), asking) -> Reply
    Forms(...).submit(Filled(view, actor)) -> Said

`opening` is the way in; `kinds` lists the forms; `scene` is what a form sees; `fields` draws and `entered` reads.
"""
