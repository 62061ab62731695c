"""How noise is judged."""
