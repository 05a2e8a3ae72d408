"""Scripts for building and testing this project. They use the standard library only."""
