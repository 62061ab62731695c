"""Images to train on: the embedded digits, and MNIST."""
