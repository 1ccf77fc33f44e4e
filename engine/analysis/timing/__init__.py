"""How soon things can happen: earliest moments of steps, and what a playbook promises about time."""
