"""Tests of what makes things happen."""
