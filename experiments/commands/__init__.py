"""The commands of `subnets`, one file for those that belong together."""
