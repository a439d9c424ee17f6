"""A comparison in sentences: what was asked, what came out, and what the reader must know about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wnin_desktop.runs.report.leader import Leader
from wnin_desktop.runs.report.summary import ComparisonSummary, RunSummary, State
from wnin_desktop.runs.report.text import count, duration, estimate, fixed, listing, number, numbers
from wnin_desktop.schema.metrics import BY_KEY
from wnin_desktop.schema.noise import MAGNITUDE_UNIT
from wnin_desktop.schema.run import ArmConfig, CompareConfig

MANY_ARMS = 6
STATE_WORDS: dict[State, str] = {
    "completed": "completed",
    "diverged": "diverged",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
    "running": "still running",
    "not started": "not started",
}


def question(summary: ComparisonSummary) -> str:
    """Return the question the comparison asks, in one sentence."""
    config = summary.config
    arms = listing(summary.arms) if len(summary.arms) <= MANY_ARMS else f"the {len(summary.arms)} arms"
    task = f"on {config.task.dataset} in {count(config.budget.steps, 'step')}"
    if len(summary.arms) == 1:
        return f"How low a validation loss does {arms} reach {task}{_noise_clause(config)}?"
    return f"Which of {arms} reaches the lowest validation loss {task}{_noise_clause(config)}?"


def _noise_clause(config: CompareConfig) -> str:
    noises = [arm.noise for arm in config.arms]
    if all(noise.mode == "none" for noise in noises):
        return ", without added noise"
    if all(noise == noises[0] for noise in noises):
        mode, kind = noises[0].mode.replace("_", " "), noises[0].schedule.kind.replace("_", " ")
        return f", all under the same {mode} noise with a {kind} schedule"
    return ", each under its own noise"


def answer(summary: ComparisonSummary, table: Sequence[Leader]) -> str:
    """Return what came out, in one or two sentences that claim no more than the numbers allow."""
    ranked = [leader for leader in table if leader.row.summary is not None]
    if not ranked:
        return _no_answer(summary)
    best = ranked[0]
    found = best.row.summary
    assert found is not None
    value = f"{estimate(found.mean, found.low, found.high)} nat"
    over = f"mean [95 % interval] of {best.n} seeds" if best.n > 1 else "one seed, so there is no interval"
    if len(ranked) == 1:
        lead = f"{best.arm} reaches a validation loss of {value} ({over})."
    else:
        lead = f"{best.arm} has the lowest mean validation loss, {value} ({over})."
    return f"{lead} {_standing(summary, ranked)}".strip()


def _no_answer(summary: ComparisonSummary) -> str:
    if summary.count("diverged") == len(summary.runs):
        return "Every run diverged, so there is nothing to rank. What they recorded before is kept and drawn."
    return "No run has an outcome yet, so there is nothing to rank."


def _standing(summary: ComparisonSummary, ranked: Sequence[Leader]) -> str:
    others = [leader for leader in ranked if leader.arm != summary.baseline]
    if len(summary.arms) == 1 or not others:
        return ""
    by_word = {
        word: [leader.arm for leader in others if leader.row.word == word]
        for word in ("better", "worse", "not separable", "cannot conclude")
    }
    parts = [
        f"{word} {listing(arms)}" for word, arms in by_word.items() if arms and word in ("better", "worse")
    ]
    said = f"Against {summary.baseline}: {'; '.join(parts)}." if parts else ""
    if by_word["not separable"]:
        said += f" Not separable from {summary.baseline}: {listing(by_word['not separable'])}."
    if by_word["cannot conclude"]:
        pairs = max(leader.row.pairs for leader in others if leader.row.word == "cannot conclude")
        said += f" {count(pairs, 'paired seed')} cannot conclude; nine or more can."
    return said.strip()


def facts(summary: ComparisonSummary) -> list[tuple[str, str]]:
    """Return what was run and on what, as (name, value) pairs."""
    config, budget = summary.config, summary.config.budget
    started = [run for run in summary.runs if run.started is not None]
    batch = "the whole training set" if budget.batch_size == "full" else count(budget.batch_size, "example")
    found = [
        ("Data", _data(config)),
        ("Network", _network(config, started)),
        ("Budget", f"{count(budget.steps, 'step')} of {batch}"),
        ("Seeds", f"{numbers(summary.seeds)}  (n = {len(summary.seeds)}), {config.numerics} numerics"),
        ("Runs", states(summary)),
        ("Cost", cost(summary)),
        ("Time", pace(summary)),
        ("Device", listing(_distinct(run.device for run in started)) or "–"),
        ("Versions", listing(_distinct(_versions(run) for run in started)) or "–"),
    ]
    if summary.perplexity_floor is not None:
        found.insert(2, ("Perplexity floor", number(summary.perplexity_floor, 6)))
    return found


def _data(config: CompareConfig) -> str:
    task = config.task
    parts = [task.dataset]
    parts += [count(task.train_examples, "training example")] if task.train_examples else []
    parts += [count(task.val_examples, "validation example")] if task.val_examples else []
    parts += [f"{number(100 * task.label_noise)} % label noise"] if task.label_noise else []
    parts += [f"sequences of {count(task.sequence_length, 'token')}"] if task.is_sequence else []
    return ", ".join(parts)


def _network(config: CompareConfig, runs: Sequence[RunSummary]) -> str:
    content = config.network.model_dump(mode="json")
    kind = content.pop("kind").replace("_", " ")
    sizes = "-".join(map(str, content.pop("hidden"))) if isinstance(content.get("hidden"), list) else ""
    described = ", ".join(
        f"{key} {value}" for key, value in content.items() if value not in ("none", None, "", {}, [])
    )
    parameters = next((run.parameters for run in runs if run.parameters is not None), None)
    parts = [" ".join(part for part in (kind, sizes) if part), described]
    parts += [count(parameters, "parameter")] if parameters is not None else []
    return ", ".join(part for part in parts if part)


def _versions(run: RunSummary) -> str:
    return ", ".join(f"{name} {version}" for name, version in run.versions.items())


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def states(summary: ComparisonSummary) -> str:
    """Return how many runs ended how, none left out."""
    found: dict[State, int] = {state: summary.count(state) for state in STATE_WORDS}
    parts = [f"{amount} {STATE_WORDS[state]}" for state, amount in found.items() if amount]
    return f"{listing(parts)} of {len(summary.runs)}"


def cost(summary: ComparisonSummary) -> str:
    """Return the cost of everything in gradient evaluations."""
    training = sum(run.gradient_evaluations or 0 for run in summary.runs)
    probing = sum(run.curvature.gradients for run in summary.runs if run.curvature is not None)
    said = f"{count(training, 'gradient evaluation')} to train"
    return f"{said}, {number(probing)} to measure curvature" if probing else said


def pace(summary: ComparisonSummary) -> str:
    """Return wall time and pace; runs step together, so the slowest run's time is everybody's."""
    walls = [run.wall_s for run in summary.runs if run.wall_s is not None]
    paces = [run.steps_per_s for run in summary.runs if run.steps_per_s is not None]
    if not walls:
        return "–"
    wall = duration(max(walls))
    together = f" × {len(summary.runs)} runs" if len(summary.runs) > 1 else ""
    return f"{wall}, {number(sum(paces) / len(paces))} steps/s{together}" if paces else wall


def arm_words(arm: ArmConfig) -> tuple[str, str]:
    """Return an arm's optimizer and its noise in words."""
    optimizer = arm.optimizer
    parts = [f"{optimizer.name}, lr {optimizer.lr:g}"]
    parts += [f"{key} {value}" for key, value in optimizer.params.items()]
    parts += [f"clipped at {optimizer.clip_norm:g}"] if optimizer.clip_norm is not None else []
    if optimizer.lr_follows_temperature:
        parts.append("lr follows the temperature")
    elif optimizer.lr_schedule.kind != "constant":
        parts.append(f"{optimizer.lr_schedule.kind.replace('_', ' ')} lr")
    return ", ".join(parts), _noise_words(arm)


def _noise_words(arm: ArmConfig) -> str:
    noise = arm.noise
    if noise.mode == "none":
        return "none"
    amount = f"T = {noise.temperature:g}" if noise.temperature is not None else f"{noise.magnitude:g}"
    unit = "loss units" if noise.temperature is not None else MAGNITUDE_UNIT[noise.mode]
    schedule = noise.schedule.model_dump(mode="json", exclude_none=True)
    kind = schedule.pop("kind").replace("_", " ")
    details = ", ".join(
        f"{key} {value}" for key, value in schedule.items() if not isinstance(value, list | bool)
    )
    return f"{noise.mode.replace('_', ' ')}, {amount} {unit}, {kind}{f' ({details})' if details else ''}"


def notes(summary: ComparisonSummary) -> list[str]:
    """Return what was not measured and why, and everything else that limits the numbers."""
    return [*_limits(summary), *not_measured(summary)]


def _limits(summary: ComparisonSummary) -> list[str]:
    found = []
    if len(summary.seeds) == 1:
        found.append("One seed: no interval can be given, and no difference can be told from chance.")
    elif len(summary.seeds) < 9:
        found.append(
            f"{len(summary.seeds)} seeds: a sign-flip p-value is never below 2^(1−n) = "
            f"{number(2.0 ** (1 - len(summary.seeds)))}, so no arm can be called better or worse; nine can."
        )
    if summary.count("diverged"):
        found.append(
            f"{count(summary.count('diverged'), 'run')} diverged. Where an arm has other runs, its mean "
            "is over those, which flatters it; the table counts what diverged."
        )
    unfinished: tuple[State, ...] = ("failed", "interrupted", "stopped", "running", "not started")
    counts: dict[State, int] = {state: summary.count(state) for state in unfinished}
    found += [
        f"{count(amount, 'run')} {STATE_WORDS[state]}: not in the final scores."
        for state, amount in counts.items()
        if amount
    ]
    if summary.interventions():
        found.append("Knobs were turned while it ran. The configuration file alone does not replay that.")
    costs = [run.curvature for run in summary.runs if run.curvature is not None]
    if costs:
        found.append(_curvature(summary))
    return found


def _curvature(summary: ComparisonSummary) -> str:
    costs = [run.curvature for run in summary.runs if run.curvature is not None]
    examples = fixed(costs[0].examples, 0)
    if {method for cost in costs for method in cost.methods} == {"exact"}:
        return f"Curvature is exact (standard error 0) on a fixed batch of {examples} training examples."
    return (
        f"Curvature is estimated with {count(costs[0].probes, 'Hutchinson probe')} on a fixed batch of "
        f"{examples} training examples; ± is the standard error of the probes."
    )


def not_measured(summary: ComparisonSummary) -> list[str]:
    """Return one sentence per metric that some arm never measured, with the recorded reason."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for run in summary.runs:
        for key, reasons in run.reasons.items():
            if key in BY_KEY and key != "hessian_trace_se":
                found.setdefault((key, "; ".join(reasons)), {})[run.arm] = None
    sentences = []
    for (key, reason), arms in found.items():
        whom = "" if len(arms) == len(summary.arms) else f" for {listing(list(arms))}"
        sentences.append(f"{BY_KEY[key].title} was not measured{whom}: {reason}.")
    return sentences
