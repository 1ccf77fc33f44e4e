"""CACAO 2.0, the OASIS standard for security playbooks: written from our playbooks and read into them."""
