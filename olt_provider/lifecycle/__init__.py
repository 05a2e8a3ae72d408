"""What a declaration means: decisions over plain typed values, without Pulumi."""
