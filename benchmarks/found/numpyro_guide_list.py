"""numpyro: independent parts of a guide draw the same numbers."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers, optim
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoGuideList, AutoNormal


def model():
    numpyro.sample("a", dist.Normal(0.0, 1.0))
    numpyro.sample("b", dist.Normal(5.0, 2.0))


guide = AutoGuideList(model)
guide.append(AutoNormal(handlers.block(model, hide=["b"])))
guide.append(AutoNormal(handlers.block(model, hide=["a"])))
svi = SVI(model, guide, optim.Adam(0.01), Trace_ELBO())
params = svi.get_params(svi.init(jax.random.key(0)))

posterior = guide.sample_posterior(jax.random.key(1), params, sample_shape=(1000,))
correlation = float(jnp.corrcoef(posterior["a"], posterior["b"])[0, 1])
print(f"correlation of a and b in the guide's samples {correlation:.6f}, expected 0 +- 0.032")
assert correlation > 0.999
