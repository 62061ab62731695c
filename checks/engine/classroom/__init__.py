"""A class: the kit is handed out, what comes back is taken in, judged, and handed back in words."""
