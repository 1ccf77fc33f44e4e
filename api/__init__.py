"""Every way in: HTTP, Slack, the browser room and the terminal; each turns what it hears into a command."""
