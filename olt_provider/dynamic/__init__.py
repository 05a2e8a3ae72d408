"""What the resources of the dynamic host share."""
