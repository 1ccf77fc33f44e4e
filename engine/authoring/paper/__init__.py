"""A playbook in plain words, for people who never read YAML: the plan that is printed, and the words that pictures use."""
