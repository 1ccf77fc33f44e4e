"""One video is one incident, however its link was shared."""

import pytest

from engine.runtime.links import normalised

KINDS = ("sqlite",)
"""It touches no database."""


@pytest.mark.parametrize(
    "link",
    [
        "https://www.video.example/watch?v=abc",
        "http://video.example/watch/?v=abc",
        "https://m.video.example/watch?v=abc#t=10",
        "https://VIDEO.example:443/watch?utm_source=mail&v=abc&fbclid=1",
        "  https://video.example/watch?v=abc ",
    ],
)
def test_the_same_thing_has_one_form(link: str) -> None:
    assert normalised(link) == "video.example/watch?v=abc"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://video.example/watch?v=abc", "https://video.example/watch?v=ABC"),
        ("https://video.example/a", "https://video.example/b"),
        ("https://video.example/a?t=1", "https://video.example/a?t=2"),
        ("https://video.example:8443/a", "https://video.example/a"),
    ],
)
def test_different_things_stay_apart(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_what_the_platforms_add_when_a_link_is_shared_makes_no_difference() -> None:
    assert normalised("https://x.com/a/status/1?s=20&t=xyz") == normalised("https://www.x.com/a/status/1")


@pytest.mark.parametrize("odd", ["", "not a link", "https://[half", "https://h:99999/x", "MAILTO:A@b.c"])
def test_what_is_no_address_is_only_folded(odd: str) -> None:
    assert normalised(odd) == odd.strip().casefold()
