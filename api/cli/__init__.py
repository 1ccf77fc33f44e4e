"""The terminal: `firebreak …`. stdout is the answer, stderr is talk; exit 0 fine, 1 findings or refusal, 2 could not run."""
