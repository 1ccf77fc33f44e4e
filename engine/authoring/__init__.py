"""What an author of playbooks is given to look at and to begin with: pictures, plans on paper, differences, schemas. Pure."""
