"""``rearrange``: gone with torch's own folder."""

from functorch_compat.reexport import removed

raise removed(globals())
