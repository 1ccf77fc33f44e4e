"""What changed between two playbooks, in words, what matters most first."""
