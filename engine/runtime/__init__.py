"""Making it happen: one transaction per command, the worker that sends what is owed, time and retries."""
