"""The way in from Slack: verify, read, hand a command to the engine, answer. No rule lives here."""
