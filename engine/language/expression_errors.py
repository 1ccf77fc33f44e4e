"""The three ways in which an expression or a template says no.

`ExpressionError` speaks to the author when the text is read. `UndefinedValue` and `ExpressionFault`
speak to the engine when it is evaluated: the first means "nobody has said yet", the second "this
can't be computed from these values".
"""


class ExpressionError(Exception):
    """The text is not an expression or a template of this language."""

    def __init__(self, code: str, message: str, within: str | None = None, line: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.within = within
        self.line = line

    def again(self) -> "ExpressionError":
        """Give the same refusal without the place where it was raised before, to be kept or raised again."""
        return ExpressionError(self.code, self.message, self.within, self.line)


class UndefinedValue(Exception):
    """A name has no value yet; `name` is written as the author wrote it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} has no value yet")
        self.name = name


class ExpressionFault(Exception):
    """The values do not fit what the expression does with them, or the text grew too large."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
