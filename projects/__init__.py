"""What: the projects and their milestones."""
