"""The curve of sRGB, both ways."""
import numpy as np


def linear(c):
    """sRGB -> linear light, 0..1."""
    c = np.asarray(c)
    return np.where(c <= .04045, c/12.92, ((c+.055)/1.055)**2.4)


def srgb(c):
    """Linear light -> sRGB, 0..1."""
    c = np.asarray(c)
    return np.where(c <= .0031308, c*12.92, 1.055*np.maximum(c, 1e-9)**(1/2.4)-.055)
