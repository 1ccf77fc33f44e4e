"""Tests, in the shape of the rooms; `journeys` tells whole incidents."""
