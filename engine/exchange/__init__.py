"""Other tools' playbooks in, ours out: CACAO 2.0, Mattermost. Pure."""
