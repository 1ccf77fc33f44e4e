"""Playbooks as Mattermost exports them: read into ours."""
