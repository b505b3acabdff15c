# %% [markdown]
# # Exercises 04: dynamics
#
# **Goal:** take the steps of a game by hand, and predict from eigenvalues where they lead.
#
# <!-- exercises -->
#
# | exercise | minutes | difficulty | points |
# |---|---|---|---|
# | 04.1 an alternating step | 10 | ● ○ ○ | 6 |
# | 04.2 how a deviation grows | 10 | ● ● ○ | 6 |
# | 04.3 the largest step | 15 | ● ● ● | 6 |
# | 04.4 D's step under R1 | 15 | ● ● ○ | 6 |
#
# **Whose work?** What an exercise asks for, you write. Everything else in PyTorch and in the course
# may be used; the course's own version of what is asked is not there while your answer is checked
# or graded, and a sentence says so where you call it. Withheld are `gancourse.maths.dynamics.step`,
# `gancourse.maths.dynamics.path` in 04.1; `gancourse.maths.dynamics.modulus`,
# `gancourse.maths.dynamics.step_matrix` in 04.2; `gancourse.maths.dynamics.dirac` in 04.4.
#
# <!-- /exercises -->
#
# Each check draws fresh inputs whenever you run it and says what a mistake means. Grading runs the
# same parts again on other draws, for the points that are left, and asks for nothing more. The
# exercises do not depend on each other.

# %%
import torch
from torch import Tensor

from gancourse.check import check

# %% [markdown]
# ## 04.1 An alternating step
#
# In $\min_x \max_y\, x\,y$ both players take a gradient step of size $h$: $x$ first, downhill,
# then $y$, uphill, in answer to the new $x$. Return both numbers, $x$ first. Sixty such steps
# should stay on one ellipse.

# %% [markdown] tags=["hint"]
# Hint: the idea
# The slope of $x\,y$ by $x$ is $y$, and by $y$ it is $x$. Who wants the product
# small, and who large?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# Two assignments, one after the other: what the second one reads, the first
# one has just written.


# %% tags=["exercise:04.1"]
def alternating_step(x: float | Tensor, y: float | Tensor, h: float) -> tuple:
    """Return x and y after a step of x, then of y; they are numbers, or tensors of equal shape."""
    # BEGIN SOLUTION
    x = x - h * y
    return x, y + h * x
    # END SOLUTION


# %%
result = check("04.1", alternating_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The matrix of this step has determinant 1: it moves areas without changing their size. One line
# less, with the old $x$ in the answer, and the determinant is $1 + h^2$: a spiral outwards.

# %% [markdown]
# ## 04.2 How a deviation grows
#
# A game has the Jacobian $J$ at its equilibrium. All players take simultaneous steps of size
# $h$. By which factor does a small deviation grow with each step, after many of them? Return the
# largest modulus among the eigenvalues of the step's matrix.

# %% [markdown] tags=["hint"]
# Hint: the idea
# A step adds $hJ$ times the deviation to the deviation. Which matrix is that, and
# what are its eigenvalues when $J$ has $\lambda$?

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `torch.linalg.eigvals` returns complex numbers; `Tensor.abs` of a complex
# tensor is the modulus.


# %% tags=["exercise:04.2"]
def growth(J: Tensor, h: float) -> Tensor:
    """Return the largest modulus, one number, of the step matrix's eigenvalues; J is [n, n]."""
    # BEGIN SOLUTION
    return (1 + h * torch.linalg.eigvals(J)).abs().max()
    # END SOLUTION


# %%
result = check("04.2", growth)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# $I + hJ$ has the eigenvalues $1 + h\lambda$. Add first, then take the modulus: a purely imaginary
# $\lambda$ gives $\sqrt{1 + h^2|\lambda|^2}$, always above 1.

# %% [markdown]
# ## 04.3 The largest step
#
# Given the Jacobian $J$ at an equilibrium (it has an inverse), return the bound on the step size:
# simultaneous steps with a smaller $h$ converge, with a larger one they do not. Return 0 where no
# positive step converges.

# %% [markdown] tags=["hint"]
# Hint: the idea
# $|1+h\lambda|^2 = 1 + 2h\,\mathrm{Re}\,\lambda + h^2|\lambda|^2$. For which $h$ is
# it 1? Every eigenvalue must come out below.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# `.real` and `.abs()` of `torch.linalg.eigvals(J)`; `min` over the
# eigenvalues; `clamp(min=0)`.


# %% tags=["exercise:04.3"]
def largest_step(J: Tensor) -> Tensor:
    """Return the largest step size, one number, of a game with the Jacobian J [n, n]."""
    # BEGIN SOLUTION
    values = torch.linalg.eigvals(J)
    bounds = -2 * values.real / values.abs() ** 2
    return bounds.min().clamp(min=0)
    # END SOLUTION


# %%
result = check("04.3", largest_step)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# Each eigenvalue allows steps up to $-2\,\mathrm{Re}\,\lambda/|\lambda|^2$; where its real part is
# 0 or more, none. The Dirac-GAN with R1 below its critical weight has
# $\mathrm{Re}\,\lambda = -\frac\gamma2$ and $|\lambda|^2 = \frac14$, so its bound is $4\gamma$:
# little friction, small steps.

# %% [markdown]
# ## 04.4 D's step under R1
#
# In the Dirac-GAN the real sample lies at 0, the fake one at $\theta$; D's logit at $x$ is
# $\psi x$ and its loss $\log 2 + \mathrm{softplus}(\psi\theta)$. Add R1 with weight $\gamma$, and
# return $\psi$ after one gradient step of size $h$, also where D is sure, with logits of 100.

# %% [markdown] tags=["hint"]
# Hint: the idea
# R1 is $\frac\gamma2$ times the squared slope of the logit by $x$, at the real
# sample. What is the slope of $\psi x$? Then differentiate the whole loss by $\psi$, with the
# chain rule.

# %% [markdown] tags=["hint"]
# Hint: what to look up
# The slope of softplus is `torch.sigmoid`. Or let `torch.autograd.grad`
# differentiate.


# %% tags=["exercise:04.4"]
def d_step_r1(theta: Tensor, psi: Tensor, h: float, gamma: float) -> Tensor:
    """Return the new psi [N] of N separate games with theta [N] and psi [N]."""
    # BEGIN SOLUTION
    return psi - h * (theta * torch.sigmoid(psi * theta) + gamma * psi)
    # END SOLUTION


# %%
result = check("04.4", d_step_r1)
result

# %% tags=["hidden"]
assert result.passed, f"seed {result.seed}: {result.text()}"

# %% [markdown] tags=["solution"]
# The slope of $\psi x$ by $x$ is $\psi$, so R1 is $\frac\gamma2\psi^2$ and adds $\gamma\psi$ to
# the gradient. For this linear D it is weight decay; for a real one it is decay of its slope at
# the data, which makes it converge locally (Mescheder et al. 2018).

# %% [markdown]
# ## What you computed
#
# Eigenvalues told you what a thousand steps would have shown. Go on with lesson 05, where G and D
# are nets and the points are yours to look at.
