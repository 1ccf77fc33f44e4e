"""The first of several secrets wraps, every one of them opens, and a comma inside a secret loses nothing."""

import pytest

from engine.store.fault import Fault
from engine.store.keyring import Keyring, Secret, encrypted

OLD, NEW = "the-old-secret-of-this-house", "the-new-secret-of-this-house"
KEY, NAME = b"k" * 32, "0123456789abcdef"


def opens(text: str, wrapped: str) -> bool:
    return Keyring(text).opened(wrapped, NAME) is not None


@pytest.mark.parametrize("both", [f"{NEW},{OLD}", f" {NEW} , {OLD} ", f"{NEW},{OLD},"])
def test_the_first_wraps_and_either_opens(both: str) -> None:
    new, old = Keyring(both).wrapped(KEY, NAME), Keyring(OLD).wrapped(KEY, NAME)

    assert (opens(NEW, new), opens(OLD, new)) == (True, False)
    assert (opens(both, new), opens(both, old)) == (True, True)
    assert [each.name for each in Keyring(both).listed] == [Keyring(NEW).first.name, Keyring(OLD).first.name]


def test_a_secret_with_a_comma_that_was_one_still_opens() -> None:
    once = "a-part-that-is-long-enough,and-another-part-of-it"
    wrapped = encrypted(Secret.of(once).wrapping, KEY, NAME)

    assert opens(once, wrapped)
    assert not opens(once.partition(",")[0], wrapped)


def test_with_a_short_part_the_comma_belongs_to_the_secret() -> None:
    ring = Keyring("long-enough-to-be-one,short")

    assert len(ring.secrets) == 1
    assert ring.names != Keyring("long-enough-to-be-one").names


@pytest.mark.parametrize("text", ["short", "short,", "", ","])
def test_what_is_too_short_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="fewer than 16"):
        Keyring(text)


def test_a_name_tells_secrets_apart_and_nothing_about_them() -> None:
    names = Keyring(f"{NEW},{OLD}").names[:2]

    assert len(set(names)) == 2
    assert names == (Keyring(NEW).first.name, Keyring(OLD).first.name)
    assert all(len(name) == 8 for name in names)


def test_what_was_proved_by_either_is_good_and_the_first_proves() -> None:
    both, new, old = Keyring(f"{NEW},{OLD}"), Keyring(NEW), Keyring(OLD)

    assert both.proofs("answer", "x")[0] == new.proofs("answer", "x")[0]
    assert old.proofs("answer", "x")[0] in both.proofs("answer", "x")
    assert old.proofs("answer", "x")[0] not in new.proofs("answer", "x")
