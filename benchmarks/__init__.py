"""Figures, measured beside their goals."""
