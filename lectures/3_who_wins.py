# %% [markdown]
# # Who wins: choosing or training?
#
# The paper says that a network pruned out of a large one beats a network of the same size that is
# trained directly. That depends on how long both train.

# %%
import matplotlib.pyplot as plt
import numpy as np

import theory

sizes = [10, 20, 40, 80, 160, 320]
times = [20, 100, 400]
problems = [
    theory.teacher_problem(theory.Teacher(samples=40, dimension=10), seed=k) for k in range(6)
]
pools = [theory.random_network(600, 11, seed=100 + k) for k in range(6)]


def pruned(steps):
    """Losses (replicates, sizes) of subnetworks of a pool that was trained for so many steps."""
    trained = theory.descend(problems, pools, theory.Training(steps=steps))
    found = []
    for problem, trajectory in zip(problems, trained, strict=True):
        pool = theory.Pool(trajectory.final.atoms(problem.inputs), problem.target)
        found.append(theory.rules.greedy_forward(pool, sizes[-1]).losses[np.array(sizes) - 1])
    return np.array(found)


def direct(steps):
    """The same for networks of each size, trained for as long."""
    columns = []
    for n in sizes:
        networks = [theory.random_network(n, 11, seed=200 + k) for k in range(6)]
        trained = theory.descend(problems, networks, theory.Training(steps=steps))
        columns.append([p.losses(t.final)[0] for p, t in zip(problems, trained, strict=True)])
    return np.array(columns).T


# %% [markdown]
# **Predict first:** after 20, 100 and 400 steps, who is lower at n = 320?

# %%
outcomes = {}
for steps in times:
    ratio = np.log(pruned(steps) / direct(steps))
    at_most = theory.mean_estimate(ratio[:, -1])
    outcomes[steps] = theory.judge_below(f"{steps} steps: pruned below trained, n = 320", at_most)
    print(outcomes[steps].claim, "→", outcomes[steps].outcome, "–", outcomes[steps].sentence)
assert outcomes[20].outcome == "holds"
assert outcomes[400].outcome == "fails"

# %% [markdown]
# Both are right: the theorem bounds what pruning reaches, and says nothing of how well direct
# training does when it is given time. The map of all sizes and times is the figure "who wins
# where" of the report.

# %%
figure, axes = plt.subplots(1, len(times), figsize=(12, 4), sharey=True)
for panel, steps in zip(axes, times, strict=True):
    panel.loglog(sizes, np.median(pruned(steps), axis=0), "o-", label="pruned")
    panel.loglog(sizes, np.median(direct(steps), axis=0), "s--", label="trained at n")
    panel.set(title=f"{steps} steps", xlabel="n")
axes[0].legend()

# %% [markdown]
# **Try:** does a larger pool bring pruning back at 400 steps? What about
# `theory.rules.frank_wolfe`, which optimises its weights as well?
