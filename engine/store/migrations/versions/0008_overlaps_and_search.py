"""Older texts of rotated tokens that still work, and the words that incidents are found by."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None

INSTANT: Final = sa.String(length=27)
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEX: Final = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_texts', content_rowid='id', tokenize='ascii', prefix='3 4')",
        """CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN
            INSERT INTO search_index(rowid, words) VALUES (new.id, new.words);
        END""",
        """CREATE TRIGGER search_texts_gone AFTER DELETE ON search_texts BEGIN
            INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words);
        END""",
    ),
    "postgresql": (
        "ALTER TABLE search_texts ADD COLUMN vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED",
        "CREATE INDEX search_index ON search_texts USING gin (vector)",
    ),
}
"""What each database keeps beside the words by itself. The words are ASCII already: see `engine/store/words.py`."""


def upgrade() -> None:
    op.create_table(
        "token_overlaps",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("good_until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name="fk_token_overlaps_token_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_token_overlaps"),
    )
    op.create_index("ix_token_overlaps_token_id", "token_overlaps", ["token_id"])
    op.create_table(
        "search_texts",
        sa.Column("id", NUMBER, nullable=False, autoincrement=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_texts"),
    )
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_texts")
    op.drop_table("token_overlaps")
