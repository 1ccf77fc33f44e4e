"""What each command does to a step, a file per kind. Every handler returns None or a Refusal."""
