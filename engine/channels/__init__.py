"""Who is told, and how: one class per way out, all with the same promise (`channel.py`)."""
