"""What people look at, drawn from tidy tables."""
