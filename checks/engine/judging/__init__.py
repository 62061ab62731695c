"""How evidence is judged: each part of the tiers, the training steps, the loop, the figures."""
