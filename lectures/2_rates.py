# %% [markdown]
# # Measuring a rate
#
# One curve on log-log paper always looks straight enough. This lecture measures an exponent so
# that it can be trusted: many replicates, an interval, a floor below which rounding speaks, and a
# verdict that may come out against us.

# %%
import matplotlib.pyplot as plt
import numpy as np

import theory

sizes = np.unique(np.geomspace(10, 300, 12).astype(int))

# %% [markdown]
# ## Eight problems, eight pools
#
# Each replicate draws its data, its target (a wide random network, the teacher) and a pool of 500
# neurons, trains the pool for 100 steps and prunes it.

# %%
teacher = theory.Teacher(samples=10, dimension=10)
training = theory.Training(steps=100)
problems = [theory.teacher_problem(teacher, seed=k) for k in range(8)]
pools = [theory.random_network(500, 11, seed=100 + k) for k in range(8)]
trained = [t.final for t in theory.descend(problems, pools, training)]


def losses(rule, k, **options):
    """The losses of the subnetworks that a rule selects in replicate k, at the sizes."""
    pool = theory.Pool(trained[k].atoms(problems[k].inputs), problems[k].target)
    return rule(pool, sizes[-1], **options).losses[sizes - 1]


greedy = np.array([losses(theory.rules.greedy_forward, k) for k in range(8)])
chance = np.array([losses(theory.rules.random_subset, k, seed=k) for k in range(8)])

# %% [markdown]
# **Predict first:** chance is a Monte Carlo mean. What is its exponent? And is greedy selection,
# which looks at every candidate, faster by a factor or by a power?

# %%
for name, curves, claimed in (("greedy", greedy, 2), ("chance", chance, 1)):
    rate = theory.fit_rate(sizes, curves)
    verdict = theory.judge_order(f"{name}: O(1/n^{claimed})", rate, claimed)
    print(verdict.claim, "→", verdict.outcome, "–", verdict.sentence)
assert theory.fit_rate(sizes, greedy).exponent > theory.fit_rate(sizes, chance).exponent

# %% [markdown]
# The interval comes from the scatter *between* replicates: the points of one curve hang together,
# and a regression over all of them would claim far more certainty than there is. Halve the
# replicates and the interval grows; with one there is none, and every verdict is "inconclusive".

# %%
for count in (8, 4, 2, 1):
    rate = theory.fit_rate(sizes, greedy[:count])
    print(count, "replicates:", theory.judge_order("O(1/n²)", rate, 2).sentence)

# %%
figure, axes = plt.subplots(figsize=(6, 4.5))
axes.loglog(sizes, greedy.T, color="C0", alpha=0.6)
axes.loglog(sizes, chance.T, color="C1", alpha=0.6)
axes.set(title="Greedy (blue) and chance (orange), eight replicates", xlabel="n", ylabel="loss")

# %% [markdown]
# **Try:** `teacher = theory.Teacher(samples=40, dimension=10)`. The pool is now too small for its
# target to be well inside the hull, and 1/n² goes away. `theory.examine(pool).radius` says why.
