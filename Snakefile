# What depends on what, and the one thing that decides what is stale. Digests of contents are parameters of the rules, so
# that a file put back with an old date is seen and a file only touched is not. Run it as `make paper` or `rater paper`.
import re
import shlex
import sys
from functools import cache
from pathlib import Path

from lib.build.beside import page_beside, studies_beside
from lib.build.closure import code_digest, digest, notebook_digest
from lib.build.documents import document_inputs, document_pages, document_sources, notebook_page
from lib.build.renderer import find_quarto
from lib.build.traced import standing_traces, traced_files
from lib.chapters.second_sets import second_sets
from lib.contracts.condition import ANOTHER
from lib.contracts.predictions import HUMAN_NULL
from lib.project import LEDGER, TWIN_TARGETS, open_project
from lib.responses.shard import shards
from lib.study_data import REGIONS, regions_file

# A chapter is a notebook and what it reads. A new one: put it into notebooks/ and name it here. `results` are all other
# chapters' numbers; `ledger` the published ones.
CHAPTERS = {
    "design": ["data", "prompts"],
    "human": ["data", "null"],
    "categories": ["data", "null", "predictions"],
    "dimensions": ["data", "null", "predictions"],
    "substitutability": ["data", "null", "predictions"],
    "agreement": ["data", "null", "predictions"],
    "mixed": ["data", "null", "predictions"],
    "stereotypes": ["data", "predictions"],
    "thinking": ["data", "predictions"],
    "responses": ["data", "predictions", "answers"],
    "retest": ["data", "predictions", "ablated"],
    "ablations": ["data", "predictions", "ablated", "traced logits", "traced hidden", "traced attention", "second"],
    "real_faces": ["data", "predictions", "second"],
    "inner": ["data", "traced logits", "traced hidden"],
    "attention": ["data", "predictions", "traced attention", "regions"],
    "machines": ["data", "predictions", "answers", "ablated"],
    "calibration": ["data", "predictions"],
    "demographics": ["data", "predictions"],
    "omnibus": ["data", "predictions"],
    "consistency": ["ledger"],
    "twin": ["data", "predictions", "targets"],
    "reproduction": ["results", "ledger"],
}

ROOT = Path.cwd()
PRESS_ASSETS = [ROOT / "lib/press/assets"]
# Who is asked needs no other condition's file, so that a faulty one stops pages only.
PROJECT = open_project(config.get("study"), root=ROOT, sound_only="conditions" in config)
STUDY = PROJECT.study
CACHE = PROJECT.relative(PROJECT.cache)
STEP = f"{sys.executable} -m lib.cli.main step --study {PROJECT.relative(PROJECT.study_file)}"
DATA = [f"{CACHE}/data/images.parquet", f"{CACHE}/data/ratings.parquet"]
NULL = [f"{CACHE}/predictions/{HUMAN_NULL}.parquet", f"{CACHE}/data/ratings_without_held_out.parquet"]
PREDICTIONS = expand(f"{CACHE}/predictions/{{condition}}.parquet", condition=PROJECT.available)
ANSWERED = PROJECT.answered
ABLATED = expand(f"{CACHE}/ablations/{{condition}}.parquet", condition=PROJECT.ablated)
TRACED = {kind: [f"{CACHE}/{name}" for name in names] for kind, names in traced_files(PROJECT).items()}
REGIONS_FILE = regions_file(PROJECT) if TRACED["attention"] else None  # without attention nobody reads regions
ANSWERED_NAMES = "|".join(map(re.escape, ANSWERED)) or "(?!)"
ANSWERS = expand(f"{CACHE}/answers/{{condition}}/{{part}}.parquet", condition=ANSWERED, part=("steps", "spent"))
SECOND = second_sets(PROJECT)
BESIDE = studies_beside(PROJECT)
BESIDE_PAGES = [PROJECT.relative(page_beside(PROJECT, other)) for other in BESIDE.values()]
NAME = rf"(?!{HUMAN_NULL}\.)[a-z0-9][a-z0-9._-]*"
PARAMETERS = [PROJECT.study_file, *([ROOT / STUDY.files.conditions] if STUDY.files.conditions else [])]


def raw_predictions(wildcards):
    return PROJECT.relative(PROJECT.predictions_file(wildcards.condition))


def raw_answers(wildcards):
    return answers_of(PROJECT, wildcards.condition)


def answers_of(project, name):
    """A condition's answers, and those (else the predictions) of the condition that its labels come from."""
    files = project.stored_answers(name)
    other = project.condition(name).label_from
    if other not in {None, ANOTHER}:
        files += sorted((project.responses / other).glob("*.jsonl")) or [project.predictions_file(other)]
    return [project.relative(path) for path in files if path is not None]


def second_files(one):
    """What the frames of a second set are made from, beside its images, prompts and settings."""
    files = [one.project.study_file, one.project.manifest, one.project.ratings_file]
    files += [one.project.predictions_file(name) for name in one.conditions]
    files = [one.project.relative(path) for path in files if path is not None and path.is_file()]
    return files + [path for name in one.conditions for path in answers_of(one.project, name)]


@cache
def images_digest(project):
    """The study's images, byte by byte; only computed where machines' answers are used or asked for."""
    images = project.manifest
    return digest([images if images.is_dir() else images.parent], ROOT) if images else ""


def asked_digest(name, project=PROJECT):
    """What a condition is asked: its images, prompts and settings."""
    condition = project.condition(name)
    prompts = [ROOT / f"params/prompts/{condition.prompts}.yaml"] if condition.prompts else []
    return images_digest(project) + digest([project.study_file, *project.known.files(name), *prompts], ROOT)


def inference_records(wildcards):
    """What `snakemake inference --config conditions=A,B shards=4` leaves behind: one record a condition and shard."""
    names = str(config.get("conditions", "")).replace(",", " ").split()
    unknown = [name for name in names if not PROJECT.known.has(name)]
    if not names:
        raise WorkflowError("conditions: got none; say which to ask: --config conditions=A,B shards=4 yes=true")
    if unknown:
        raise WorkflowError(f"conditions: got {unknown[0]!r}, which there is not; the study has {', '.join(PROJECT.conditions)}.")
    return [f"{CACHE}/inference/{name}/{shard.name}.done" for name in names for shard in shards(int(config.get("shards", 1)))]


def inference_options(wildcards):
    """Options of one run. A budget is each run's own: `rater infer` shares one out among them."""
    given = {name: config[name] for name in ("limit", "images", "budget", "concurrency", "processes", "traces") if name in config}
    budgets = config.get("budgets", {})
    given |= {"budget": budgets[f"{wildcards.condition}/{wildcards.shard}"]} if budgets else {}
    flags = [f"--{name}" for name in ("yes", "retry-failed", "ignore-batches") if config.get(name.replace("-", "_"))]
    return " ".join([*flags, *(shlex.join([f"--{name}", str(value)]) for name, value in given.items())])


def chapter_inputs(wildcards):
    others = expand(f"{CACHE}/results/{{chapter}}.json", chapter=[name for name, needs in CHAPTERS.items() if "results" not in needs])
    null = NULL if STUDY.analysis.human_null else []
    sources = {"data": DATA, "null": null, "predictions": PREDICTIONS, "answers": ANSWERS, "results": others, "ablated": ABLATED}
    sources |= {f"traced {kind}": files for kind, files in TRACED.items()}
    sources["second"] = [f"{CACHE}/{name}" for one in SECOND for name in one.names]
    sources["regions"] = [f"{CACHE}/{REGIONS}"] if REGIONS_FILE else []
    return [path for need in CHAPTERS[wildcards.chapter] for path in sources.get(need, [])]


def chapter_digest(wildcards):
    extra = {"prompts": ROOT / "params/prompts", "targets": ROOT / TWIN_TARGETS, "ledger": ROOT / LEDGER}
    files = [*PARAMETERS, *(extra[need] for need in CHAPTERS[wildcards.chapter] if need in extra)]
    return digest(files, ROOT) + notebook_digest(ROOT / f"notebooks/{wildcards.chapter}.ipynb", ROOT)


def raw_data():
    if PROJECT.uses_twin:
        return [f"{CACHE}/twin/simulated_images.parquet", f"{CACHE}/twin/simulated_ratings.parquet"]
    images = PROJECT.images_file
    return [PROJECT.relative(path) for path in (images, PROJECT.ratings_file) if path is not None and path.is_file()]


wildcard_constraints:
    condition=NAME,
    chapter=r"[a-z_]+",
    kind=r"[a-z]+",
    shard=r"all|[1-9][0-9]*of[1-9][0-9]*",


rule pages:
    input:
        [page for document in STUDY.documents for page in document_pages(PROJECT, document)],
        [] if find_quarto() else [notebook_page(PROJECT, chapter) for chapter in CHAPTERS],
        BESIDE_PAGES,


rule numbers:
    input:
        f"{CACHE}/results.json",
        expand(f"{CACHE}/notebooks/{{chapter}}.ipynb", chapter=CHAPTERS),


if PROJECT.uses_twin:

    rule twin:
        output:
            raw_data(),
            expand(f"{CACHE}/twin/simulated_predictions/{{condition}}.parquet", condition=PROJECT.available),
        params:
            source=digest([ROOT / TWIN_TARGETS, PROJECT.study_file], ROOT) + code_digest(["lib.build.simulation"], ROOT),
        shell:
            "{STEP} twin"


rule data:
    input:
        raw_data(),
    output:
        DATA,
        f"{CACHE}/data/warnings.json",
    params:
        raw=digest([] if PROJECT.uses_twin else [path for path in (PROJECT.images_file, PROJECT.ratings_file) if path], ROOT),
        source=digest([PROJECT.study_file], ROOT) + code_digest(["lib.build.data"], ROOT),
    shell:
        "{STEP} data"


rule human_null:
    input:
        DATA,
    output:
        NULL,
    params:
        source=digest([PROJECT.study_file], ROOT) + code_digest(["lib.build.data"], ROOT),
    shell:
        "{STEP} human-null"


rule predictions:
    input:
        raw_predictions,
        DATA[0],
    output:
        f"{CACHE}/predictions/{{condition}}.parquet",
    wildcard_constraints:
        condition=rf"(?!({ANSWERED_NAMES})\.parquet$){NAME}",
    params:
        raw=lambda wildcards: digest([] if PROJECT.uses_twin else [PROJECT.predictions_file(wildcards.condition)], ROOT),
        source=lambda wildcards: digest([PROJECT.study_file, *PROJECT.known.files(wildcards.condition)], ROOT)
        + code_digest(["lib.build.data"], ROOT),
    shell:
        "{STEP} predictions {wildcards.condition}"


# Predictions of the conditions whose own answers are stored. What they are made from: the answers, and the images,
# prompts and settings that tell what each is about.
rule answers:
    input:
        raw_answers,
        DATA[0],
    output:
        f"{CACHE}/predictions/{{condition}}.parquet",
        f"{CACHE}/answers/{{condition}}/steps.parquet",
        f"{CACHE}/answers/{{condition}}/spent.parquet",
    params:
        raw=lambda wildcards: digest([ROOT / name for name in raw_answers(wildcards)], ROOT) + asked_digest(wildcards.condition),
        source=code_digest(["lib.build.answered"], ROOT),
    wildcard_constraints:
        condition=ANSWERED_NAMES,
    shell:
        "{STEP} answers {wildcards.condition}"


# Predictions of the variants that ablations asked.
rule ablated:
    input:
        raw_answers,
        DATA[0],
    output:
        f"{CACHE}/ablations/{{condition}}.parquet",
    params:
        raw=lambda wildcards: digest([ROOT / name for name in raw_answers(wildcards)], ROOT) + asked_digest(wildcards.condition),
        source=code_digest(["lib.build.answered"], ROOT),
    shell:
        "{STEP} ablated {wildcards.condition}"


# What chapters read of traces, each kind for itself.
rule traced:
    output:
        f"{CACHE}/traced/{{condition}}.{{kind}}.parquet",
    params:
        raw=lambda wildcards: standing_traces(PROJECT, wildcards.condition, wildcards.kind)
        + digest(PROJECT.stored_answers(wildcards.condition), ROOT),
        source=lambda wildcards: digest([PROJECT.study_file, *PROJECT.known.files(wildcards.condition)], ROOT)
        + code_digest(["lib.build.traced"], ROOT),
    shell:
        "{STEP} traced {wildcards.condition} {wildcards.kind}"


# Where eyes, mouth and so on are in the images, as shares of each image's sides.
rule regions:
    output:
        f"{CACHE}/{REGIONS}",
    params:
        raw=lambda wildcards: digest([REGIONS_FILE] if REGIONS_FILE else [], ROOT) + images_digest(PROJECT),
        source=digest([PROJECT.study_file], ROOT) + code_digest(["lib.build.regions"], ROOT),
    shell:
        "{STEP} regions"


# What machines answered about second sets of images, which are studies of their own.
for second in SECOND:

    rule:
        name:
            f"second_{second.ablation.id}".replace("-", "_")
        input:
            second_files(second),
        output:
            [f"{CACHE}/{name}" for name in second.names],
        params:
            ablation=second.ablation.id,
            raw=digest([ROOT / name for name in second_files(second)], ROOT)
            + "".join(asked_digest(name, second.project) for name in second.conditions),
            source=code_digest(["lib.build.second_set"], ROOT),
        shell:
            "{STEP} second {params.ablation}"


# Asking machines: never a part of pages or numbers, since it may cost money. `rater infer` runs it, and so does
# snakemake inference --config conditions=A,B shards=4 yes=true  (with an executor plugin: on a cluster).
rule inference:
    input:
        inference_records,


rule ask:
    output:
        f"{CACHE}/inference/{{condition}}/{{shard}}.done",
    params:
        source=lambda wildcards: asked_digest(wildcards.condition),
        options=inference_options,
    shell:
        "{STEP} infer {wildcards.condition} {wildcards.shard} {params.options}"


rule chapter:
    input:
        chapter_inputs,
    output:
        f"{CACHE}/notebooks/{{chapter}}.ipynb",
        f"{CACHE}/results/{{chapter}}.json",
        f"{CACHE}/provenance/{{chapter}}.json",
    params:
        source=chapter_digest,
    shell:
        "{STEP} chapter {wildcards.chapter}"


rule collect:
    input:
        expand(f"{CACHE}/results/{{chapter}}.json", chapter=CHAPTERS),
        expand(f"{CACHE}/provenance/{{chapter}}.json", chapter=CHAPTERS),
        f"{CACHE}/data/warnings.json",
    output:
        f"{CACHE}/results.json",
        PROJECT.relative(PROJECT.home / "_variables.yml"),
        f"{CACHE}/includes/banner.md",
        f"{CACHE}/includes/missing.md",
        f"{CACHE}/includes/provenance.md",
    params:
        source=digest([*PARAMETERS, *(ROOT / name for name in STUDY.documents)], ROOT)
        + code_digest(["lib.build.collect"], ROOT),
        chapters=list(CHAPTERS),
    shell:
        "{STEP} collect {params.chapters}"


# Pages of other studies join the site. Quarto empties its folder before it renders, so they come after its pages; the
# press wants links to lead somewhere, so they come before.
rule beside:
    input:
        [] if find_quarto() else BESIDE_PAGES,
    output:
        f"{CACHE}/includes/beside.md",
    params:
        titles={name: [other.study.title, other.study.simulated] for name, other in BESIDE.items()},
        source=code_digest(["lib.build.beside"], ROOT),
    shell:
        "{STEP} beside"


for beside, other in BESIDE.items():

    rule:
        name:
            f"beside_{beside}".replace("-", "_").replace(".", "_")
        input:
            document_pages(PROJECT, STUDY.documents[0]) if find_quarto() else [],
        output:
            PROJECT.relative(page_beside(PROJECT, other)),
        params:
            beside=beside,
            pages=digest([other.output], ROOT),
            source=code_digest(["lib.build.beside"], ROOT),
        shell:
            "{STEP} beside {params.beside}"


if find_quarto():

    rule quarto:
        input:
            [path for document in STUDY.documents for path in document_inputs(PROJECT, document)],
            expand(f"{CACHE}/notebooks/{{chapter}}.ipynb", chapter=CHAPTERS),
        output:
            [page for document in STUDY.documents for page in document_pages(PROJECT, document)],
        params:
            source=digest([path for document in STUDY.documents for path in document_sources(PROJECT, document)], ROOT),
            quarto=find_quarto(),
        shell:
            "{STEP} quarto"

else:

    for document in STUDY.documents:

        rule:
            name:
                f"document_{document}".replace("/", "_").replace(".", "_")
            input:
                document_inputs(PROJECT, document),
            output:
                document_pages(PROJECT, document),
            params:
                document=document,
                source=digest(document_sources(PROJECT, document), ROOT) + code_digest(["lib.press.render"], ROOT) + digest(PRESS_ASSETS, ROOT),
            shell:
                "{STEP} document {params.document}"

    rule notebook_page:
        input:
            f"{CACHE}/notebooks/{{chapter}}.ipynb",
        output:
            notebook_page(PROJECT, "{chapter}"),
        params:
            source=digest([ROOT / "_quarto.yml", *PRESS_ASSETS], ROOT) + code_digest(["lib.press.render"], ROOT),
        shell:
            "{STEP} notebook-page {wildcards.chapter}"
