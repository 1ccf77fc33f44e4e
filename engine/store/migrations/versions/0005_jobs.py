"""Jobs on PostgreSQL: pgqueuer's tables, and on each delivery the job that is sending it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from engine.store.pgqueue_schema import install, remove

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("holder", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        install(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        remove(op.get_bind())
    op.drop_column("deliveries", "holder")
