# %% [markdown]
# # The hull decides the rate
#
# A two-layer network in the mean-field scaling is a *mean* of its neurons, f = (1/n) Σ φ_i. On m
# data points every neuron's output is a point of R^m, so all networks made of a pool of neurons
# lie in the convex hull of those points. With m = 2 we can look at it.
#
# Open this file as a notebook (jupytext, VS Code and Spyder know the format), or run it as it is.

# %%
import matplotlib.pyplot as plt
import numpy as np

import theory

network = theory.random_network(20, 2, seed=0, activation="tanh")
atoms = network.atoms([[1.0, 0.5], [-0.5, 1.0]])  # 20 neurons on two data points

# %% [markdown]
# ## A target inside
#
# Greedy forward selection adds, again and again, the neuron that leaves the least loss; a neuron
# may be chosen many times. **Predict first:** how does the loss fall with n?

# %%
inside = theory.Pool(atoms, [0.1, 0.1])
selection = theory.rules.greedy_forward(inside, 1000)
geometry = theory.examine(inside)
print(geometry.projection.membership, "the hull, with a ball of radius", geometry.radius.lower)

sizes = np.unique(np.geomspace(10, 1000, 40).astype(int))
rate = theory.fit_rate(sizes, selection.losses[sizes - 1][None])
print(f"slope {-rate.exponent:.2f}")
assert abs(rate.exponent - 2) < 0.3

# %% [markdown]
# Why two? Let w = n·(f − y) be the sum of all steps away from the target. The ball around y
# contains the point opposite to w, so some neuron pulls w back by at least the radius γ. So w
# never leaves a disc of radius R = max(D, D²/(2γ)), and the loss ½‖w‖²/n² is at most R²/(2n²).
# The theorem is code: its assumption is decided with a certificate, and its bound is a number at
# every n.

# %%
for name in ("target_in_hull", "target_in_interior"):
    verdict = theory.judge_guarantee(theory.guarantees.ALL[name], geometry, selection)
    print(f"{verdict.predicted}\n    {verdict.outcome}: {verdict.sentence}")
    assert verdict.outcome == "holds"

# %% [markdown]
# ## A target outside
#
# Now w has nothing to pull it back. The loss goes down to the best that the hull has, L*, and
# what is left above it falls like 1/n only.

# %%
outside = theory.Pool(atoms, [1.3, 0.3])
away = theory.rules.greedy_forward(outside, 1000)
best = theory.nearest_point(outside).loss
slow = theory.fit_rate(sizes, away.losses[sizes - 1][None], offset=best)
print(f"best {best:.3f}, slope above it {-slow.exponent:.2f}")
assert abs(slow.exponent - 1) < 0.2

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
left.plot(*atoms.T, "k.", *inside.target, "*", *outside.target, "*", markersize=10)
left.set(title="20 neurons, two targets", xlabel="first data point", ylabel="second")
right.loglog(np.arange(1, 1001), selection.losses, label="inside")
right.loglog(np.arange(1, 1001), away.losses - best, label="outside, above the best")
right.loglog(sizes, 1 / sizes, "k:", sizes, 1 / sizes**2.0, "k:")
right.set(title="The loss, with slopes −1 and −2", xlabel="n")
right.legend()

# %% [markdown]
# **Try:** move the outside target to (1.6, 0.4). Its slope is −2 again: every neuron that is
# chosen lies on the edge nearest to the target, and along that edge the target's shadow is
# *inside*.
