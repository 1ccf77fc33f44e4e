"""A playbook as a picture: SVG for screen and paper, Mermaid for other people's pages."""
