"""A Fault is the third kind of "no": the machine can't, and an operator has to look.

It says what failed, what we did about it and what to do now. HTTP answers 503, the terminal exits 2,
the worker tries again.
"""


class Fault(Exception):
    """Something outside the program failed: disk, lock, file or key.

    `what` failed, `done` is what we did about it, `advice` is what to do.
    """

    def __init__(self, what: str, *, done: str, advice: str) -> None:
        super().__init__(f"{what}: {done}; {advice}")
        self.what = what
        self.done = done
        self.advice = advice
