"""Says Jinja2's syntax errors in the words of an author."""

import re
from typing import Final

_PHRASES: Final = (
    (r"unexpected end of template, expected 'end of print statement'\.?", "missing }}"),
    (r"expected token 'end of print statement', got '?(.+?)'?", r"missing }} before '\1'"),
    (r"expected token 'end of statement block', got '='", "write == to compare"),
    (r"expected token 'end of statement block', got '?(.+?)'?", r"missing %} before '\1'"),
    (r"Expected an expression, got 'end of (?:print statement|statement block)'", "something must stand between the braces"),
    (r"unexpected '\}'", "missing }}"),
    (r"unexpected '\}', expected '(.)'", r"missing '\1'"),
    (r"unexpected char (?:\"(')\"|'(\")') at \d+", r"a quote \1\2 is never closed"),
    (r"unexpected char '&' at \d+", "unexpected '&'; write and"),
    (r"unexpected char '(.)' at \d+", r"unexpected '\1'"),
    (r"Unexpected end of template\. .* innermost block that needs to be closed is '(\w+)'\.", r"missing {% end\1 %}"),
    (r"Encountered unknown tag '(end\w+)'\..*", r"{% \1 %} closes nothing"),
    (r"Encountered unknown tag '(\w+)'\..*", r"'{% \1 %}' is not allowed; there are if, for and include"),
    (r"unexpected end of template, expected '[,)]'\.?", "missing )"),
    (r"unexpected end of template, expected '(.)'\.?", r"missing \1"),
    (r"unexpected 'end of template'", "something is missing at the end"),
    (r"Missing end of comment tag", "missing #}"),
)


def in_plain_words(message: str) -> str:
    """Give the author's words for a message of Jinja2's parser; unknown ones stay, in lower case."""
    for pattern, words in _PHRASES:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match is not None:
            return match.expand(words)
    return (message[:1].lower() + message[1:]).rstrip(".")
