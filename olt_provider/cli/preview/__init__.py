"""The reader of previews: steps, resources and the stack before and after a run."""
