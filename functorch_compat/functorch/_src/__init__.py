"""The private modules of functorch 0.2, with all of what torch has in their successors.

Torch's own files of these names have a few names each, and not the classes that old pickles need.
"""
