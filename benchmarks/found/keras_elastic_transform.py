"""keras on JAX: an elastic distortion moves pixels along one diagonal only."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

SIZE, EDGE = 96, 24
rows, columns = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
# Each pixel says where it is, so that the moved image says where its pixels come from.
image = np.stack([rows, columns], axis=-1).astype("float32")
moved = keras.ops.image.elastic_transform(image, alpha=5.0, sigma=2.0, seed=1)
inner = (np.asarray(moved) - image)[EDGE:-EDGE, EDGE:-EDGE].reshape(-1, 2)
vertical, horizontal = inner.T
correlation = float(np.corrcoef(vertical, horizontal)[0, 1])
difference = float(np.abs(vertical - horizontal).max())
print(f"keras {keras.version()}, backend {keras.backend.backend()}")
print(f"pixels move by up to {np.abs(inner).max():.2f} rows and columns")
print(f"row and column differ by at most {difference:.1e}, correlation {correlation:.6f}")
assert keras.backend.backend() == "jax"
assert np.abs(inner).max() > 1
assert difference < 1e-3
