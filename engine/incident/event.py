"""The common root of events, whose tag is the class name."""

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag=True):
    """Common root; the tag is the class name."""
