"""The way in from a browser: pages of an incident and its steps, and the keys that are turned there. No rule lives here."""
