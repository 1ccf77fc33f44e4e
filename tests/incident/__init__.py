"""The rules of an incident."""
