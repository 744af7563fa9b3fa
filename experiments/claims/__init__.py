"""What an experiment's table says, where that is too long to stand beside the experiment itself."""
