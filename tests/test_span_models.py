"""Span models see the same in a text alone and beside others, at exact offsets; the packaged one knows an answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.errors import SettingsError
from qa.span_models import PACKAGED_READER, OnnxSpanModel, SpanModel, TransformersSpanModel, open_span_model
from tests.fakes import FakeSpanModel

TEXTS = [
    "Türkiye will send 400 engineers.",
    "🚢 The ferry sank off Garrow in November, killing twelve people, the harbour board said on Thursday.",
    "x",
    "一艘渡轮",
    "word " * 900,
]


@pytest.fixture(scope="module")
def transformers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained model of the transformers kind, with the packaged reader's tokenizer."""
    import shutil

    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    folder = tmp_path_factory.mktemp("tiny-squad")
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, max_position_embeddings=512
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    packaged = Path(__file__).parent.parent / "qa" / "models" / "reader" / "tokenizer.json"
    shutil.copy(packaged, folder / "tokenizer.json")
    return folder


@pytest.fixture(params=["fake", "packaged", "transformers"])
def model(request: pytest.FixtureRequest, transformers_folder: Path) -> SpanModel:
    if request.param == "fake":
        return FakeSpanModel()
    return open_span_model(PACKAGED_READER if request.param == "packaged" else str(transformers_folder))


class TestContract:
    """What every span model keeps to."""

    def test_sees_each_text_in_order_at_exact_offsets(self, model: SpanModel) -> None:
        model.load()
        assert model.name
        seen = model.read("Who will send engineers?", TEXTS)
        assert len(seen) == len(TEXTS)
        for text, logits in zip(TEXTS, seen, strict=True):
            assert logits.start.shape == logits.end.shape == (len(logits.offsets),)
            assert np.isfinite(logits.start).all()
            assert np.isfinite(logits.end).all()
            assert np.isfinite([logits.none, logits.answers, logits.relevant]).all()
            assert (logits.offsets[:, 0] < logits.offsets[:, 1]).all()
            assert (np.diff(logits.offsets[:, 0]) >= 0).all()
            assert 0 < logits.offsets.max() <= len(text)
        assert TEXTS[1][slice(*seen[1].offsets[1])] in ("The", "ferry")

    def test_company_changes_nothing(self, model: SpanModel) -> None:
        [alone] = model.read("Who will send engineers?", TEXTS[:1])
        beside = model.read("Who will send engineers?", TEXTS)[0]
        assert np.array_equal(alone.start, beside.start)
        assert alone.answers == beside.answers

    def test_long_questions_leave_room_for_the_text(self, model: SpanModel) -> None:
        [seen] = model.read("why " * 600, TEXTS[:1])
        assert len(seen.offsets) > 3

    def test_no_texts_are_no_work(self, model: SpanModel) -> None:
        assert model.read("Who?", []) == []


def test_packaged_model_finds_the_answer_and_misses_what_is_not_there() -> None:
    model = open_span_model(PACKAGED_READER)
    [told] = model.read("How many people were killed when the ferry sank?", TEXTS[1:2])
    start, end = told.offsets[told.start.argmax()][0], told.offsets[told.end.argmax()][1]
    assert "twelve" in TEXTS[1][start:end]
    [untold] = model.read("Who won the chess tournament in Paris?", TEXTS[1:2])
    assert untold.answers < 0 < told.answers
    assert untold.relevant < told.relevant


@pytest.mark.parametrize("name", ["no-such-reader", "~nobody-at-all/reader", "."])
def test_what_is_no_reader_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="neither 'dateline-reader', 'none', nor the folder"):
        open_span_model(name)


@pytest.mark.parametrize("kind", [OnnxSpanModel, TransformersSpanModel])
def test_a_damaged_reader_is_told(kind: type[OnnxSpanModel | TransformersSpanModel], tmp_path: Path) -> None:
    for name in ("reader.onnx", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        kind(tmp_path).load()
