"""What is next in time is found by an index: leases that end, and alarms of one instant in their order."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

_LEASED: Final = sa.text("leased_until IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_deliveries_leased_until", "deliveries", ["leased_until"], sqlite_where=_LEASED, postgresql_where=_LEASED)
    op.create_index("ix_alarms_due_at_incident_id", "alarms", ["due_at", "incident_id"])
    op.drop_index("ix_alarms_due_at", "alarms")


def downgrade() -> None:
    op.create_index("ix_alarms_due_at", "alarms", ["due_at"])
    op.drop_index("ix_alarms_due_at_incident_id", "alarms")
    op.drop_index("ix_deliveries_leased_until", "deliveries")
