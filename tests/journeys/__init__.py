"""Whole incidents, through real processes and real HTTP."""
