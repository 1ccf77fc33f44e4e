"""S3 as far as packs need it: it takes what is signed for its key, lists a folder, and removes several at once."""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.channels.local_server import LocalServer, Received, Reply

KEY, SECRET = "AKIATESTS", "a-secret-of-the-tests"


@dataclass
class FakeBucket:
    """The objects of one bucket by their whole names, for whoever signs with its key."""

    name: str = "backups"
    key: str = KEY
    objects: dict[str, bytes] = field(default_factory=dict)

    def answer(self, received: Received) -> Reply:
        """Answer as S3's REST API does (2006-03-01)."""
        url = urlsplit(received.path)
        bucket, _, name = url.path.lstrip("/").partition("/")
        if bucket != self.name:
            return Reply(404, body=b"<Error><Code>NoSuchBucket</Code></Error>")
        if f"Credential={self.key}/" not in received.headers.get("authorization", ""):
            return Reply(403, body=b"<Error><Code>InvalidAccessKeyId</Code></Error>")
        if received.method == "PUT":
            return self._put(name, received)
        return self._list(parse_qs(url.query)) if received.method == "GET" else self._delete(received)

    def _put(self, name: str, received: Received) -> Reply:
        if received.headers["x-amz-content-sha256"] != sha256(received.body).hexdigest():
            return Reply(400, body=b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>")
        self.objects[name] = received.body
        return Reply(200, headers={"ETag": '"1"'}, body=b"")

    def _list(self, query: dict[str, list[str]]) -> Reply:
        prefix = query.get("prefix", [""])[0]
        found = (
            f"<Contents><Key>{name}</Key><LastModified>2026-11-27T10:00:00.000Z</LastModified><ETag>1</ETag><Size>{len(held)}</Size></Contents>"
            for name, held in sorted(self.objects.items())
            if name.startswith(prefix)
        )
        return Reply(body=f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(found)}</ListBucketResult>".encode())

    def _delete(self, received: Received) -> Reply:
        assert b64decode(received.headers["x-amz-checksum-sha256"]) == sha256(received.body).digest()
        for name in re.findall(r"<Key>([^<]*)</Key>", received.body.decode()):
            self.objects.pop(name, None)
        return Reply(body=b"<DeleteResult></DeleteResult>")


def be_a_bucket(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> FakeBucket:
    """Let a server be S3, and the environment lead to it."""
    bucket = FakeBucket()
    server.objects = bucket.answer
    known = {"AWS_ENDPOINT_URL": server.url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "eu-west-1", "NO_PROXY": "127.0.0.1"}
    for name, value in {**known, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    return bucket
