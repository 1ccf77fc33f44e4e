"""Which steps of a published playbook can't be skipped by hand, and for which policy: what the verifier found."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("playbooks", sa.Column("unskippable", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("playbooks", "unskippable")
