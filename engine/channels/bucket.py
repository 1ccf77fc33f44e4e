"""A bucket of S3 (or what speaks like it), Google Cloud or Azure that packs are written to: `s3://backups/firebreak`.

Credentials come as for every program of that cloud: from the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`) or from the machine. The
library is an optional part (`firebreak[bucket]`), so this file is loaded only where a bucket is named. What is put there
stands whole or not at all.
"""

from datetime import timedelta
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

SCHEMES: Final = ("s3", "gs", "az")
PATIENCE: Final = timedelta(seconds=60)
"""For a request and its repetitions; the library gives each one 30 seconds."""


class Bucket:
    """Keeps packs under an address. Blocking; raises OSError, whose words name no secret; ValueError when it can't be used at all."""

    def __init__(self, url: str) -> None:
        if url.partition("://")[0] not in SCHEMES:
            raise ValueError(f"a bucket's address begins with {', '.join(f'{each}://' for each in SCHEMES)}")
        self._url = url.rstrip("/")
        try:
            self._store: ObjectStore = from_url(self._url, retry_config={"max_retries": 3, "retry_timeout": PATIENCE})
        except BaseError as error:
            raise ValueError(_words(error)) from error

    def put(self, name: str, content: bytes) -> None:
        """Write a pack, whole or not at all."""
        try:
            obstore.put(self._store, name, content)
        except BaseError as error:
            raise OSError(_words(error)) from error

    def names(self) -> list[str]:
        """List what stands under the address, whatever it is."""
        try:
            return [found["path"] for found in obstore.list_with_delimiter(self._store)["objects"]]
        except BaseError as error:
            raise OSError(_words(error)) from error

    def remove(self, name: str) -> None:
        try:
            obstore.delete(self._store, name)
        except BaseError as error:
            raise OSError(_words(error)) from error

    def where(self, name: str) -> str:
        """Say where a pack stands."""
        return f"{self._url}/{name}"


def _words(error: BaseError) -> str:
    """Name what went wrong by its kind: the library's own words quote addresses and headers."""
    return f"the bucket does not take it ({type(error).__name__.removesuffix('Error')})"
