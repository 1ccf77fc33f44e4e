"""How things stand with what is open, as one word that changes with it: what was declared, closed, approved or published since?

Cheap enough to be asked every half minute, and asked of the tables: whichever process made the change.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, and_, func, select

from engine.store.canonical import canonical
from engine.store.tables import heads, incidents, instant_text, steps
from engine.store.views import RUNNING

_WORDS: Final = ("statement", "approval", "publish")


def newest_change(tx: Connection) -> int:
    """Give the number of the newest change of any incident; 0 when there was none."""
    return tx.execute(select(func.max(heads.c.number))).scalar() or 0


def affairs(tx: Connection, limit: int) -> str:
    """Digest which incidents run, how bad they are, and how their words stand; of the `limit` newest, rehearsals left out."""
    newest = select(incidents.c.id).where(incidents.c.status.in_(RUNNING), incidents.c.mode == "live")
    running = newest.order_by(incidents.c.number.desc()).limit(limit).subquery()
    words = and_(steps.c.incident_id == incidents.c.id, steps.c.kind.in_(_WORDS))
    question = (
        select(
            incidents.c.id,
            incidents.c.status,
            incidents.c.severity,
            incidents.c.visibility,
            steps.c.step,
            steps.c.state,
            steps.c.settled_at,
        )
        .join(running, running.c.id == incidents.c.id)
        .outerjoin(steps, words)
        .order_by(incidents.c.id, steps.c.step)
    )
    rows = [[*row[:-1], instant_text(row[-1]) if row[-1] else None] for row in tx.execute(question)]
    return sha256(canonical(rows).encode()).hexdigest()
