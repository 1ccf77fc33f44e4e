"""What did happen: the log, and what is read from it.

Every function here is a question or a change inside a unit of work: it takes the unit's `Connection`
first, never commits, and is handed time and ids. Only `database.py` knows how a unit is run.
"""
