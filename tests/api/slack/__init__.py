"""The way in from Slack."""
