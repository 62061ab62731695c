"""The doctor: runs any PyTorch script that trains a GAN, and says what is wrong with it."""
