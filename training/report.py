"""The head guide and the model card, made from the report's figures: nothing in them is typed by hand."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from training.evaluate import TITLES
from training.examples import EXAMPLES
from training.lexicon import load_lexicon
from training.vocabulary import vocabulary

Report = dict[str, Any]


def write_guide(report: Report, folder: Path) -> None:
    """What each head does best, by its best rows of the table; the general head with its own figures."""
    entries = [
        {
            "layer": row["layer"],
            "head": row["head"],
            "title": TITLES[row["role"]][0],
            "does": TITLES[row["role"]][1],
            "accuracy": round(row["accuracy"], 3),
            "baseline": round(row["baseline"], 3),
            "measured_on": f"{row['n']} links {TITLES[row['role']][2]}, in sentences kept from training",
        }
        for row in report["shipped"]["guide"]
    ]
    examples = [{"text": e.text, "word": e.links[0][0], "attends_to": e.links[0][1]} for e in EXAMPLES]
    guide = {"default_view": report["default_view"], "heads": entries, "examples": examples}
    (folder / "head_guide.json").write_text(json.dumps(guide, indent=1) + "\n", encoding="utf-8")


def write_card(report: Report, folder: Path) -> None:
    """The model card in Markdown."""
    seeds = report["seeds"]
    parts = [
        _introduction(report),
        _table(report["shipped"], seeds),
        _heads(report),
        _causality(report["shipped"], seeds),
        _examples(report["shipped"]),
        _free_pairs(report),
        FAILURES,
    ]
    (folder / "MODEL_CARD.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _introduction(report: Report) -> str:
    made = report["made"]
    return f"""# The built-in model

A transformer with {made["n_layers"]} layers of {made["n_heads"]} heads, d_model {made["d_model"]}, feed-forward in
layer 0 only, {made["n_parameters"]:,} parameters. It reads {len(vocabulary()):,} tokens made from a lexicon of
{load_lexicon().count():,} words, which was written for this project by hand; no data set was used.

It was trained for {made["n_steps"]:,} steps of {made["batch"]} texts from a grammar (seed {made["seed"]},
{made["minutes"]:.0f} minutes on one CPU thread) to name words: every head of the last layer has a readout, which is
judged on the word that it names at a position (at "it", the animal; at "ate", the apple; [CLS] where there is nothing
to name). Which relation a readout is asked for was decided by us, head by head; head 0 is asked for all of them. The
model also restores covered words and tells the senses of ambiguous words and the classes of nouns and adjectives (a
poodle: an animal), from the vectors after the last layer. Where a head looks was never part of any loss.

Held out: one in {report["split"]["one_in"]} pairs of content words stands together in no training text; one noun in
{report["split"]["one_noun_in"]} never stands in a given pattern; the example sentences, and any two of their content
words together, were never seen. An audit of the whole training stream ({report["audit"]["n_texts"]:,} texts) found
{report["audit"]["held_out_pairs"]} held-out pairs and {report["audit"]["example_sentences"]} example sentences."""


def _table(shipped: Report, seeds: dict[str, Report]) -> str:
    lines = [
        "## What it was measured to do",
        "",
        "Right means: of all other words of the text, the partner gets the most weight (in the rows with flips: the "
        "antecedent gets more than its rival in both of two sentences that differ in one adjective). "
        "The head of each row was chosen on another held-out sample than the one reported. The baseline is the best "
        "fixed distance, chosen in hindsight; a coin would flip right in .25.",
        "",
        f"| link | at least | layer.head | shipped | median of {len(seeds)} seeds | default view | baseline | n |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for place, row in enumerate(shipped["table"]):
        middle = median(each["table"][place]["accuracy"] for each in seeds.values())
        needed = f"{row['needed']:.2f}" + (f", {row['margin']:.2f} over the baseline" if row["margin"] else "")
        mark = "" if row["is_reached"] else " (not reached)"
        lines.append(
            f"| {row['name']} | {needed} | {row['layer']}.{row['head']} | {row['accuracy']:.3f}{mark} | {middle:.3f} | "
            f"{row['default_view']:.3f} | {row['baseline']:.3f} | {row['n']} |"
        )
    return "\n".join(lines)


def _heads(report: Report) -> str:
    lines = ["## Head guide", "", "| layer.head | what it does | measured | baseline |", "|---|---|---|---|"]
    for row in report["shipped"]["guide"]:
        title, does, _ = TITLES[row["role"]]
        lines.append(
            f"| {row['layer']}.{row['head']} | **{title}**: {does} | {row['accuracy']:.3f} ({row['name']}) | "
            f"{row['baseline']:.3f} |"
        )
    layer, head = report["default_view"]
    lines += ["", f"The default view is layer {layer}, head {head}. Layers and heads count from 0."]
    return "\n".join(lines)


def _causality(shipped: Report, seeds: dict[str, Report]) -> str:
    lines = [
        "## Is the link the cause?",
        "",
        'How often the model names the antecedent of "it", with one attention link taken away in the heads that answer '
        "for reference. Chance between the two nouns is .5; far below it, the head has taken the other noun.",
        "",
        f"| cut | shipped | median of {len(seeds)} seeds |",
        "|---|---|---|",
    ]
    for name, value in shipped["causality"].items():
        lines.append(f"| {name} | {value:.3f} | {median(each['causality'][name] for each in seeds.values()):.3f} |")
    return "\n".join(lines)


def _examples(shipped: Report) -> str:
    lines = [
        "## The example sentences, in the default view",
        "",
        "| sentence | word | weight | rival |",
        "|---|---|---|---|",
    ]
    for row in shipped["examples"]:
        rival = "" if row["rival"] is None else f"{row['rival']} {row['rival_weight']:.2f}"
        lines.append(f"| {row['text']} | {row['word']} → {row['attends_to']} | {row['weight']:.2f} | {rival} |")
    return "\n".join(lines)


def _free_pairs(report: Report) -> str:
    own, minilm = report["shipped"]["free_pairs"], report["minilm"]
    best = minilm["best_head_in_hindsight"]
    return f"""## Off the grammar

{own["n"]} pairs of sentences were written by hand outside the grammar (`training/free_pairs.txt`), before any model was
scored on them. Pairs with both sentences right, where a coin would get {own["n"] / 4:.0f}:

| | pairs right |
|---|---|
| this model, default view | {own["default_view"]} of {own["n"]} |
| this model, its reference head | {own["reference_head"]} of {own["n"]} |
| this model, best of {own["n_heads_tried"]} heads in hindsight | {own["best_head_in_hindsight"]} of {own["n"]} |
| MiniLM (22 million parameters), best of {minilm["n_heads_tried"]} heads in hindsight | {best} of {minilm["n"]} |"""


FAILURES = """## Where it fails, and why

It knows the sentences of its grammar and nothing else. It has learnt from word lists what can be tired and what can be
wide; it has no knowledge of the world. A sentence whose answer hangs on a situation, on a verb in the reason ("because
it had slept") or on a word outside its lexicon is answered with the same confidence, and often wrongly. Of the roles
that decide what "it" means it knows one: who fits into what. "The bird didn't sit on the branch because it was too
thin" needs a branch that bends, and nobody told it of one. Unknown words are read as [UNK]; two of them in a sentence
cannot be told apart. The grammar is looser than English: its wolves print newspapers, so that the adjective alone can
tell what is meant. Questions, long texts and constructions beyond its patterns give maps that are real computations,
but no evidence about English. The heads of the last layer do different work because each has a readout of its own,
which was asked for one kind of link; the division of labour was ours, where to look was theirs to find."""
