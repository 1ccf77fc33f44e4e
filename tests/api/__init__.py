"""Tests of the HTTP way in, against the real application on a real database file."""
