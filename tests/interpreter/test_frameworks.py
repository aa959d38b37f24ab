"""Programs as the documentation of each framework writes them, and the same with one mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

PROGRAMS = {
    # flax.linen: parameters and dropout are separate streams, made anew for every step
    "linen, a training step": """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x, training):
                x = nn.Dense(16)(x)
                return nn.Dropout(0.5, deterministic=not training)(x)

        @jax.jit
        def step(state, batch, dropout_key):
            dropout_key = random.fold_in(dropout_key, state.step)

            def loss(params):
                rngs = {"dropout": dropout_key}
                return state.apply_fn({"params": params}, batch, training=True, rngs=rngs).sum()

            return state.apply_gradients(grads=jax.grad(loss)(state.params))

        def main(state, data, x):
            root = random.key(0)
            main_key, params_key, dropout_key = random.split(root, 3)
            variables = Net().init(params_key, x, training=False)
            for batch in data:
                state = step(state, batch, dropout_key)
            return state, variables, random.normal(main_key)
        """,
    "linen, a state that keeps its key": """
        from flax.training.train_state import TrainState

        class State(TrainState):
            rng: jax.Array

        def replaced(state: State, batches):
            for batch in batches:
                rng, sub = random.split(state.rng)
                state = state.apply_gradients(grads=slope(state.params, sub, batch), rng=rng)
            return state

        def kept(state: State, batches):
            for batch in batches:
                _, sub = random.split(state.rng)  # RND102
                state = state.apply_gradients(grads=slope(state.params, sub, batch))
            return state
        """,
    "linen, one key for parameters and dropout of two calls": """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dropout(0.5, deterministic=False)(nn.Dense(16)(x))

        def main(x):
            key = random.key(0)
            variables = Net().init(key, x)
            return Net().apply(variables, x, rngs={"dropout": key})  # RND101
        """,
    # flax.nnx: Rngs hands out keys
    "nnx, streams": """
        from flax import nnx

        class Block(nnx.Module):
            def __init__(self, size, rngs):
                self.first = nnx.Linear(size, size, rngs=rngs)
                self.second = nnx.Linear(size, size, rngs=rngs)
                self.dropout = nnx.Dropout(0.1, rngs=rngs)

        def main():
            rngs = nnx.Rngs(0, dropout=random.key(1))
            model = Block(4, rngs=rngs)
            return model, random.normal(rngs.params()), random.normal(rngs.params())
        """,
    "nnx, a stream of its own": """
        from flax import nnx

        class Noise(nnx.Module):
            def __init__(self, rngs: nnx.Rngs):
                self.stream = rngs.noise.fork()
                self.other = nnx.RngStream(random.key(0), tag="noise")

            def __call__(self, x):
                x = x + random.normal(self.stream(), x.shape)
                return x + random.normal(self.stream(), x.shape) * random.normal(self.other())

        @nnx.split_rngs(splits=3)
        @nnx.vmap
        def make(rngs: nnx.Rngs):
            return nnx.Linear(2, 3, rngs=rngs)
        """,
    "nnx, one key of a stream twice": """
        from flax import nnx

        class Noise(nnx.Module):
            def __init__(self, rngs: nnx.Rngs):
                self.stream = rngs.noise.fork()

            def __call__(self, x):
                key = self.stream()
                x = x + random.normal(key, x.shape)
                return x * random.bernoulli(key, 0.9, x.shape)  # RND101
        """,
    "nnx, one key twice": """
        from flax import nnx

        def main():
            rngs = nnx.Rngs(0)
            key = rngs.noise()
            return random.normal(key), random.uniform(key)  # RND101
        """,
    # haiku
    "haiku, a sequence of keys": """
        import haiku as hk

        def network(x):
            keep = random.bernoulli(hk.next_rng_key(), 0.5, x.shape)
            return hk.Linear(3)(x) * keep

        def main(x):
            rng = hk.PRNGSequence(42)
            net = hk.transform(network)
            params = net.init(next(rng), x)
            return [net.apply(params, next(rng), x) for _ in range(3)]
        """,
    "haiku, one key for every step": """
        import haiku as hk

        def network(x):
            return x * random.normal(hk.next_rng_key())

        def main(x, steps):
            net = hk.transform(network)
            init_key, key = random.split(random.key(0))
            params = net.init(init_key, x)
            for _ in range(steps):
                x = net.apply(params, key, x)  # RND102
            return x
        """,
    # equinox
    "equinox, layers and a batch": """
        import equinox as eqx

        class Net(eqx.Module):
            layers: list
            dropout: eqx.nn.Dropout

            def __init__(self, key):
                first, second = random.split(key)
                self.layers = [eqx.nn.Linear(2, 8, key=first), eqx.nn.Linear(8, 2, key=second)]
                self.dropout = eqx.nn.Dropout(0.1)

            def __call__(self, x, key):
                return self.layers[1](self.dropout(self.layers[0](x), key=key))

        def main(xs):
            model_key, key = random.split(random.key(0))
            model = Net(model_key)
            return jax.vmap(model)(xs, random.split(key, len(xs)))
        """,
    "equinox, two layers from one key": """
        import equinox as eqx

        class Net(eqx.Module):
            first: eqx.nn.Linear
            second: eqx.nn.Linear

            def __init__(self, key):
                self.first = eqx.nn.Linear(2, 8, key=key)
                self.second = eqx.nn.Linear(8, 2, key=key)  # RND101
        """,
    # numpyro
    "numpyro, inference and prediction": """
        import numpyro
        import numpyro.distributions as dist
        from numpyro.infer import MCMC, NUTS, Predictive

        def model(x, y=None):
            a = numpyro.sample("a", dist.Normal(0.0, 1.0))
            numpyro.sample("y", dist.Normal(a * x, 0.1), obs=y)

        def main(x, y):
            key, key_predict = random.split(random.key(0))
            mcmc = MCMC(NUTS(model), num_warmup=10, num_samples=10)
            mcmc.run(key, x, y)
            return Predictive(model, mcmc.get_samples())(key_predict, x)
        """,
    "numpyro, inference and prediction with one key": """
        import numpyro
        import numpyro.distributions as dist
        from numpyro.infer import MCMC, NUTS, Predictive

        def model(x, y=None):
            a = numpyro.sample("a", dist.Normal(0.0, 1.0))
            numpyro.sample("y", dist.Normal(a * x, 0.1), obs=y)

        def main(x, y):
            key = random.key(0)
            mcmc = MCMC(NUTS(model), num_warmup=10, num_samples=10)
            mcmc.run(key, x, y)
            return Predictive(model, mcmc.get_samples())(key, x)  # RND101
        """,
    "numpyro, handlers": """
        import numpyro
        import numpyro.distributions as dist
        from numpyro import handlers
        from numpyro.handlers import seed, trace
        from numpyro.infer import SVI, Trace_ELBO

        def model(data):
            return numpyro.sample("x", dist.Normal(0.0, 1.0))

        def elbo(key, guide, data):
            model_key, guide_key = random.split(key)
            seeded_guide = seed(guide, guide_key)
            return log_ratio(seed(model, rng_seed=model_key), trace(seeded_guide).get_trace(data))

        def plates_only(key, guide, data):
            key, plate_key = random.split(key)
            hidden = ["sample", "prng_key"]
            mine = seed(model, plate_key, hide_types=hidden)
            return run(mine, seed(guide, plate_key, hide_types=hidden), random.split(key, 3))

        def blocks(seed_number, data):
            with handlers.seed(rng_seed=seed_number):
                first = model(data)
            with handlers.seed(rng_seed=seed_number):
                return first, model(data), seed(model, seed_number)(data)

        def fit(guide, optimiser, data):
            run_key, draw_key = random.split(random.key(0))
            svi = SVI(model, guide, optimiser, Trace_ELBO())
            result = svi.run(run_key, 100, data)
            return guide.sample_posterior(draw_key, result.params)
        """,
    "numpyro, handlers with one key": """
        import numpyro
        import numpyro.distributions as dist
        from numpyro import handlers
        from numpyro.handlers import seed, trace
        from numpyro.infer import SVI, Trace_ELBO

        def model(data):
            return numpyro.sample("x", dist.Normal(0.0, 1.0))

        def elbo(key, guide, data):
            seeded_guide = seed(guide, key)
            other = seed(model, rng_seed=key)  # RND101
            return log_ratio(other, trace(seeded_guide).get_trace(data))

        def draws(key, data, count):
            found = []
            for _ in range(count):
                found.append(trace(seed(model, key)).get_trace(data))  # RND102
            return found

        def plates(key, guide):
            hidden = ["sample", "prng_key"]
            mine = seed(model, key, hide_types=hidden)
            return run(mine, seed(guide, key, hide_types=hidden), random.split(key, 3))  # RND101

        def blocks(data):
            key = random.key(0)
            with handlers.seed(rng_seed=key):
                first = model(data)
            return first, random.normal(key)  # RND101

        def decorated(data):
            key = random.key(0)

            @handlers.seed(rng_seed=key)
            def run(data):
                return model(data)

            return run(data), random.normal(key)  # RND101

        def fit(guide, optimiser, data):
            key = random.key(0)
            svi = SVI(model, guide, optimiser, Trace_ELBO())
            result = svi.run(key, 100, data)
            return guide.sample_posterior(key, result.params)  # RND101
        """,
    # distrax and TensorFlow Probability on JAX
    "distrax and tfp, samples by seed": """
        import distrax
        from tensorflow_probability.substrates import jax as tfp

        def main():
            first, second = random.split(random.key(0))
            x = distrax.Normal(0.0, 1.0).sample(seed=first, sample_shape=(3,))
            return x + tfp.distributions.Gamma(1.0, 1.0).sample(3, seed=second)
        """,
    "distrax and tfp, one seed": """
        import distrax
        from tensorflow_probability.substrates import jax as tfp

        def main():
            key = random.key(0)
            x = distrax.Normal(0.0, 1.0).sample(seed=key, sample_shape=(3,))
            return x + tfp.distributions.Gamma(1.0, 1.0).sample(3, seed=key)  # RND101
        """,
    # blackjax
    "blackjax, a loop of inference": """
        import blackjax

        def main(logdensity, position, count):
            nuts = blackjax.nuts(logdensity, 1e-3, jnp.ones(2))
            state = nuts.init(position)

            @jax.jit
            def one_step(state, key):
                state, _ = nuts.step(key, state)
                return state, state

            keys = random.split(random.key(0), count)
            return lax.scan(one_step, state, keys)[1]
        """,
    "blackjax, every step the same": """
        import blackjax

        def main(logdensity, position, count):
            nuts = blackjax.nuts(logdensity, 1e-3, jnp.ones(2))
            state = nuts.init(position)
            key = random.key(0)
            for _ in range(count):
                state, _ = nuts.step(key, state)  # RND102
            return state
        """,
    # brax, gymnax and jumanji
    "brax, a rollout": """
        from brax import envs

        def main(policy, steps):
            env = envs.get_environment("ant")
            key, reset_key = random.split(random.key(0))
            state = jax.jit(env.reset)(reset_key)
            for _ in range(steps):
                key, act_key = random.split(key)
                state = jax.jit(env.step)(state, policy(state.obs, act_key))
            return state
        """,
    "brax, every rollout from one key": """
        from brax import envs

        def main(policy, episodes):
            env = envs.get_environment("ant")
            key = random.key(0)
            for _ in range(episodes):
                state = jax.jit(env.reset)(key)
                key, act_key = random.split(key)  # RND101
                state = jax.jit(env.step)(state, policy(state.obs, act_key))
            return state
        """,
    "gymnax, a step": """
        import gymnax

        def main():
            key, key_reset, key_act, key_step = random.split(random.key(0), 4)
            env, params = gymnax.make("Pendulum-v1")
            obs, state = env.reset(key_reset, params)
            action = env.action_space(params).sample(key_act)
            return env.step(key_step, state, action, params)
        """,
    "gymnax, a step with the key of the reset": """
        import gymnax

        def main():
            key = random.key(0)
            env, params = gymnax.make("Pendulum-v1")
            obs, state = env.reset(key, params)
            return env.step(key, state, 0, params)  # RND101
        """,
    "jumanji, batches of rollouts": """
        import jumanji

        def main(count, length):
            env = jumanji.make("Snake-v1")
            reset_key, act_key = random.split(random.key(0))

            def step_fn(state, key):
                action = random.randint(key=key, minval=0, maxval=4, shape=())
                return env.step(state, action)

            def run_n_steps(state, key, n):
                return lax.scan(step_fn, state, random.split(key, n))[1]

            state, timestep = jax.vmap(env.reset)(random.split(reset_key, count))
            keys = random.split(act_key, count)
            return jax.vmap(run_n_steps, in_axes=(0, 0, None))(state, keys, length)
        """,
    "jumanji, reset and actions from one key": """
        import jumanji

        def main(length):
            env = jumanji.make("Snake-v1")
            key = random.key(0)
            state, timestep = env.reset(key)
            action = random.randint(key, (), 0, 4)  # RND101
            return env.step(state, action)
        """,
    "jumanji, every lane acts alike": """
        import jumanji

        def main(state, count):
            env = jumanji.make("Snake-v1")
            key = random.key(0)

            def act(state):
                return env.step(state, random.randint(key, (), 0, 4))  # RND104

            return jax.vmap(act)(state)
        """,
    # evosax
    "evosax, generations": """
        from evosax.algorithms import CMA_ES

        def main(solution, fitness, generations):
            key, subkey = random.split(random.key(0))
            es = CMA_ES(population_size=8, solution=solution)
            params = es.default_params
            state = es.init(subkey, solution, params)
            for _ in range(generations):
                key, key_ask, key_eval = random.split(key, 3)
                population, state = es.ask(key_ask, state, params)
                state, _ = es.tell(key_eval, population, fitness(population), state, params)
            return state
        """,
    "evosax, one population for ever": """
        from evosax.algorithms import CMA_ES

        def main(solution, fitness, generations):
            key, subkey = random.split(random.key(0))
            es = CMA_ES(population_size=8, solution=solution)
            params = es.default_params
            state = es.init(subkey, solution, params)
            for _ in range(generations):
                population, state = es.ask(key, state, params)  # RND102
            return state
        """,
    # diffrax
    "diffrax, a Brownian path in each lane": """
        import diffrax

        def solve(key, y0):
            path = diffrax.VirtualBrownianTree(0.0, 1.0, tol=1e-3, shape=(), key=key)
            noise = diffrax.ControlTerm(lambda t, y, args: 0.1, path)
            terms = diffrax.MultiTerm(diffrax.ODETerm(lambda t, y, args: -y), noise)
            return diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, 1.0, 0.05, y0=y0).ys

        def main(count):
            start_key, path_key = random.split(random.key(0))
            starts = random.normal(start_key, (count,))
            return jax.vmap(solve)(random.split(path_key, count), starts)
        """,
    "diffrax, start and path from one key": """
        import diffrax

        def main():
            key = random.key(0)
            y0 = random.normal(key)
            return y0, diffrax.VirtualBrownianTree(0.0, 1.0, tol=1e-3, shape=(), key=key)  # RND101
        """,
    # dynamax
    "dynamax, initialise and sample": """
        from dynamax.hidden_markov_model import GaussianHMM

        def main(steps):
            init_key, sample_key = random.split(random.key(0))
            hmm = GaussianHMM(3, 2)
            params, props = hmm.initialize(init_key)
            return hmm.sample(params, sample_key, num_timesteps=steps)
        """,
    "dynamax, initialise and sample with one key": """
        from dynamax.hidden_markov_model import GaussianHMM

        def main(steps):
            key = random.key(0)
            hmm = GaussianHMM(3, 2)
            params, props = hmm.initialize(key)
            return hmm.sample(params, key, num_timesteps=steps)  # RND101
        """,
    # ott
    "ott, point clouds and a low-rank solver": """
        from ott.geometry import pointcloud
        from ott.problems.linear import linear_problem
        from ott.solvers.linear import sinkhorn_lr

        def main():
            rng, *rngs = random.split(random.key(0), 4)
            x = random.normal(rngs[0], (12, 2)) + 1
            y = random.uniform(rngs[1], (14, 2))
            a = random.uniform(rngs[2], (12,))
            geom = pointcloud.PointCloud(x, y)
            problem = linear_problem.LinearProblem(geom, a=a / a.sum())
            return sinkhorn_lr.LRSinkhorn(rank=3)(problem, rng=rng)
        """,
    "ott, clouds and solver from one key": """
        from ott.geometry import pointcloud
        from ott.problems.linear import linear_problem
        from ott.solvers.linear import sinkhorn_lr

        def main(y):
            rng = random.key(0)
            x = random.normal(rng, (12, 2))
            problem = linear_problem.LinearProblem(pointcloud.PointCloud(x, y))
            return sinkhorn_lr.LRSinkhorn(rank=3)(problem, rng=rng)  # RND101
        """,
    # chex
    "chex, assertions and dataclasses": """
        import chex

        @chex.dataclass
        class State:
            key: chex.PRNGKey
            x: chex.Array

        def step(state: State) -> State:
            key, sub = random.split(state.key)
            chex.assert_shape(state.x, (3,))
            chex.assert_tree_all_finite(state)
            return State(key=key, x=state.x + random.normal(sub, (3,)))
        """,
    "chex, a state that keeps a used key": """
        import chex

        @chex.dataclass
        class State:
            key: chex.PRNGKey
            x: chex.Array

        def step(state: State) -> State:
            x = state.x + random.normal(state.key, (3,))
            return State(key=state.key, x=x)  # RND113
        """,
    # rlax
    "rlax, actions of an agent": """
        import rlax

        def actor_step(params, observation, key, epsilon, network):
            key, act_key, noise_key = random.split(key, 3)
            q = network.apply(params, observation)
            action = rlax.epsilon_greedy(epsilon).sample(act_key, q)
            return rlax.add_gaussian_noise(noise_key, action, 0.1), key
        """,
    "rlax, two policies from one key": """
        import rlax

        def actor_step(q, key: jax.Array):
            train = rlax.epsilon_greedy(0.1).sample(key, q)
            evaluate = rlax.softmax().sample(key, q)  # RND101
            return train, evaluate
        """,
    # penzai
    "penzai, a stream": """
        from penzai import pz

        def main(model, x):
            init_key, dropout_key = random.split(random.key(0))
            stream = pz.RandomStream.from_base_key(dropout_key)
            mask = random.bernoulli(stream.next_key(), 0.5, x.shape)
            again = random.bernoulli(stream.next_key(), 0.5, x.shape)
            return model(x, random_stream=stream), mask, again, random.normal(init_key)
        """,
    "penzai, a stream from a used key": """
        from penzai import pz

        def main(model, x):
            key = random.key(0)
            x = x + random.normal(key, x.shape)
            return model(x, random_stream=pz.RandomStream.from_base_key(key))  # RND101
        """,
    # tinygp
    "tinygp, samples of a process": """
        from tinygp import GaussianProcess, kernels

        def main(x):
            first, second = random.split(random.key(0))
            process = GaussianProcess(kernels.Matern32(1.5), x, diag=0.1)
            y = process.sample(first)
            return process.condition(y, x).gp.sample(second, shape=(5,))
        """,
    "tinygp, data and posterior from one key": """
        from tinygp import GaussianProcess, kernels

        def main(x):
            key = random.key(0)
            process = GaussianProcess(kernels.Matern32(1.5), x, diag=0.1)
            y = process.sample(key)
            return process.condition(y, x).gp.sample(key, shape=(5,))  # RND101
        """,
    # GPJax
    "gpjax, regression": """
        import gpjax as gpx

        def main(x, optimiser):
            key, noise_key, fit_key = random.split(random.key(123), 3)
            y = jnp.sin(x) + 0.3 * random.normal(noise_key, x.shape)
            data = gpx.Dataset(X=x, y=y)
            prior = gpx.gps.Prior(gpx.mean_functions.Zero(), gpx.kernels.RBF())
            posterior = prior * gpx.likelihoods.Gaussian(num_datapoints=data.n)
            posterior, history = gpx.fit(
                model=posterior,
                objective=gpx.objectives.conjugate_mll,
                train_data=data,
                optim=optimiser,
                key=fit_key,
            )
            return posterior.predict(x, data).sample(key=key, sample_shape=(20,))
        """,
    "gpjax, inputs and noise from one key": """
        import gpjax as gpx

        def main():
            key = random.key(123)
            x = random.uniform(key, (100, 1), minval=-3.0, maxval=3.0)
            y = jnp.sin(x) + 0.3 * random.normal(key, x.shape)  # RND101
            return gpx.Dataset(X=x, y=y)
        """,
    "gpjax, fitted with the key of the data": """
        import gpjax as gpx

        def main(x, model, objective, optimiser):
            key = random.key(123)
            y = jnp.sin(x) + 0.3 * random.normal(key, x.shape)
            data = gpx.Dataset(X=x, y=y)
            return gpx.fit(  # RND101
                model=model, objective=objective, train_data=data, optim=optimiser, key=key
            )
        """,
    # keras on JAX: integers and SeedGenerators are seeds, not keys
    "keras, a seed generator in a layer": """
        import keras

        class Noise(keras.layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.seed_generator = keras.random.SeedGenerator(1337)

            def call(self, x, training=False):
                if training:
                    x = x + keras.random.normal(x.shape, seed=self.seed_generator)
                return keras.random.dropout(x, rate=0.5, seed=self.seed_generator)

        def main(model, x):
            seed = keras.random.SeedGenerator(0)
            noise = keras.random.normal((3,), seed=seed)
            return noise + keras.random.normal((3,), seed=seed) + random.normal(random.key(0))
        """,
    "keras, a layer around a function of JAX": """
        import keras

        def call(params, state, rng, inputs, training):
            first, second = random.split(rng)
            keep = random.bernoulli(first, 0.9, inputs.shape)
            return inputs * keep + random.normal(first, inputs.shape), second  # RND101

        layer = keras.layers.JaxLayer(call)
        """,
    # orbax
    "orbax, a key in a checkpoint": """
        import orbax.checkpoint as ocp

        def main(path, params, batches, step):
            checkpointer = ocp.StandardCheckpointer()
            key = random.key(0)
            for batch in batches:
                key, sub = random.split(key)
                params = step(params, batch, sub)
                checkpointer.save(path, {"params": params, "key": key})
            checkpointer.save(path, args=ocp.args.JaxRandomKeySave(key))
            return params, random.normal(key)
        """,
    "orbax, a used key in a checkpoint, and used again": """
        import orbax.checkpoint as ocp

        def main(path):
            checkpointer = ocp.StandardCheckpointer()
            key = random.key(0)
            noise = random.normal(key, (3,))
            checkpointer.save(path, {"noise": noise, "key": key})
            return noise + random.uniform(key, (3,))  # RND101
        """,
    # optax
    "optax, noise on gradients": """
        import optax

        def main(params, grads):
            noise = optax.add_noise(0.1, 0.9, key=random.key(0))
            optimiser = optax.chain(noise, optax.adam(1e-3))
            state = optimiser.init(params)
            for grad in grads:
                updates, state = optimiser.update(grad, state, params)
                params = optax.apply_updates(params, updates)
            return params
        """,
    "optax, noise and parameters from one key": """
        import optax

        def main(net, x, grads):
            key = random.key(0)
            params = net.init(key, x)
            noise = optax.add_noise(0.1, 0.9, key=key)  # RND101
            optimiser = optax.chain(noise, optax.adam(1e-3))
            return optimiser.update(grads, optimiser.init(params), params)

        def perturbed(function, params):
            key = random.key(0)
            smooth = optax.perturbations.make_perturbed_fun(function, 100, 0.1)
            return smooth(key, params) + smooth(key, -params)  # RND101
        """,
    # jaxopt and optimistix: the key is data for the objective
    "optimistix, a key among the arguments": """
        import optimistix as optx

        def residual(y, args):
            key, scale = args
            return y - scale * random.normal(key, y.shape)

        def main(y):
            first, second = random.split(random.key(0))
            solver = optx.LevenbergMarquardt(rtol=1e-8, atol=1e-8)
            y0 = random.normal(first, (3,))
            return optx.least_squares(residual, solver, y0, args=(second, 2.0)).value
        """,
    "optimistix, start and residual from one key": """
        import optimistix as optx

        def residual(y, args):
            key, scale = args
            return y - scale * random.normal(key, y.shape)

        def main(y):
            key = random.key(0)
            solver = optx.LevenbergMarquardt(rtol=1e-8, atol=1e-8)
            y0 = random.normal(key, (3,))
            return optx.least_squares(residual, solver, y0, args=(key, 2.0)).value  # RND101
        """,
    "jaxopt, one key for all batches": """
        import jaxopt

        def objective(params, key):
            return jnp.sum((params - random.normal(key, (3,))) ** 2)

        def main(params, steps):
            solver = jaxopt.OptaxSolver(objective, None)
            key = random.key(0)
            state = solver.init_state(params, key)
            for _ in range(steps):
                params, state = solver.update(params, state, key)  # RND101
            return params
        """,
    "jaxopt, an objective with a key for each batch": """
        import jaxopt

        def objective(params, key):
            return jnp.sum((params - random.normal(key, (3,))) ** 2)

        def main(params, steps):
            solver = jaxopt.OptaxSolver(objective, None)
            key, sub = random.split(random.key(0))
            state = solver.init_state(params, sub)
            for _ in range(steps):
                key, sub = random.split(key)
                params, state = solver.update(params, state, sub)
            return params
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_documented(agrees: Agrees, name: str) -> None:
    agrees(PROGRAMS[name])


def test_every_framework_is_shown_right_and_wrong() -> None:
    right = {name.split(",")[0] for name, text in PROGRAMS.items() if "# RND" not in text}
    wrong = {name.split(",")[0] for name, text in PROGRAMS.items() if "# RND" in text}
    assert len(right | wrong) >= 20
    assert right == wrong
