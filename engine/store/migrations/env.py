"""Run migrations on the connection, and in the transaction, that `engine.store.migrate` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
