"""What building and testing this project needs. The scripts use the standard library alone."""
