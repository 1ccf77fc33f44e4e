"""The offline pack: what is in it and what is not, and that it opens without Firebreak."""
