"""Firebreak's engine: the language, the rules, the store, the channels and what makes them run."""
