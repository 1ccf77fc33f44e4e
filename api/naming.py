"""Whom somebody means: a person of the organisation, by id or e-mail."""

from engine.language.organisation import Organisation


def find_person(organisation: Organisation, given: str) -> str | None:
    """Find a person by id or e-mail; names are not enough to act for somebody."""
    if given in organisation.people:
        return given
    wanted = given.strip().casefold()
    found = [name for name, person in organisation.people.items() if person.email and person.email.casefold() == wanted]
    return found[0] if len(found) == 1 else None


def person_of(organisation: Organisation, given: str) -> str:
    """Give the id of a person named by id or e-mail; whatever else is given is left to the rules to refuse."""
    return find_person(organisation, given) or given
