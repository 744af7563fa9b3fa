"""Deep networks: architectures by name, images, training, pruning layer by layer, files.

Needs the extra `deep`, all but `settings`.
"""
