"""Checks each promise of the documentation, on this torch and its devices."""
