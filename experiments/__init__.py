"""The application: what to run, running it, keeping it, judging it."""
