"""The offline pack: what a crisis team needs on the day on which Firebreak is away, in one encrypted file that needs no Firebreak."""
