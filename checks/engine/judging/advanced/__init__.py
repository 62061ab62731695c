"""How the discriminator, the losses, the training steps and the loop are judged."""
