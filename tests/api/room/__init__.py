"""The way in from a browser."""
