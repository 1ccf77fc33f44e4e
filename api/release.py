"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """Give the installed version, or `0` when run from a folder that was never installed."""
    try:
        return version("firebreak")
    except PackageNotFoundError:
        return "0"
