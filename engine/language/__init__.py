"""What a playbook may say: text in, `Playbook` or `Diagnostic`s out. Pure."""
