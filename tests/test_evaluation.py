"""A run tells what happened, question by question; its measures, its report and its comparison follow from that."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import html

from index.articles import make_article
from index.errors import InputError
from index.extraction import extract
from index.sources import RawDocument, find_files, read_file
from qa.answering import Answerer
from qa.answers import Answer, Reading, Statement
from qa.dateline import Dateline
from qa.evaluation.asking import ask_all
from qa.evaluation.comparing import compare, comparison_as_json
from qa.evaluation.measures import MEASURES, PARTS, measured
from qa.evaluation.questions import LabelledEvidence, LabelledQuestion, read_questions
from qa.evaluation.report import render_report
from qa.evaluation.runs import Cited, Expected, Row, Run, Said, read_run
from qa.evaluation.summary import run_as_json, summarise
from qa.retrieval import Retrieval
from qa.sentences import SentenceReader
from tests.small import SmallCollection

KEY = "Who turned the key of the lighthouse?"
KEY_SENTENCE = "Keeper Odd Marlow turned the key of the lighthouse."
UNKNOWN = "Quando começa o festival?"
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)> {{ 7 * 7 }}</style></title><!--"""


FULL = {
    "id": "who",
    "question": "Who\u2028?",
    "answers": ["A", "7"],
    "not_answers": ["B"],
    "evidence": [{"article_id": "a", "quote": "x"}],
    "type": "list",
    "asked_at": "2026-01-12T10:00:00Z",
    "note": "ignored",
}
NONE = {"question": "Why?", "answers": [], "evidence": [], "answerable": False}


class CountingReader(SentenceReader):
    """Counts how often it reads."""

    readings = 0

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        self.readings += 1
        return super().read(question, retrieval)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path)
    collection.store(
        make_article(id="key", title="Key", text=KEY_SENTENCE, published_at="2026-01-12"),
        make_article(id="eels", title="Eels", text="Noor Fenwick counted 312 eels in the old canal."),
    )
    yield collection
    collection.close()


@pytest.fixture
def reader(collection: SmallCollection) -> CountingReader:
    return CountingReader(collection.embedder)


Ask = Callable[..., tuple[Row, ...]]


@pytest.fixture
def ask(collection: SmallCollection, reader: CountingReader) -> Ask:
    def asked(*questions: LabelledQuestion, threshold: float = 0.5, **how: Any) -> tuple[Row, ...]:
        answerer = Answerer(collection.catalogue, collection.retriever, reader, passages=10, threshold=threshold)
        return tuple(ask_all(answerer, collection.catalogue, questions, **how))

    return asked


def labelled(question: str, *answers: str, at: str | None = None, **fields: Any) -> LabelledQuestion:
    evidence = (LabelledEvidence(at),) if at else ()
    fields.setdefault("id", question + str(answers))
    fields.setdefault("answerable", bool(answers))
    return LabelledQuestion(question=question, answers=answers, evidence=evidence, **fields)


def values(*rows: Row) -> dict[str, float | None]:
    return {name: None if found is None else found.value for name, found in measured(rows).items()}


def row(id: str, confidence: float, *, right: bool | None, abstains: bool = False, **changes: Any) -> Row:
    """Return a row of an answerable question, or where `right` is None of an unanswerable one."""
    cited = Cited(1, "a", 1, "A", 0, 5, "Quote", confidence, is_verbatim=True, contains_answer=bool(right))
    made = Row(
        id=id,
        question=f"{id}?",
        type="factoid",
        answerable=right is not None,
        answers=() if right is None else ("Ida",),
        as_of=None,
        expected=() if right is None else (Expected("a", "A"),),
        article_rank=None if right is None else 1,
        passage_rank=None,
        status="not_found" if abstains else "answered",
        reason=None,
        confidence=confidence,
        statements=() if abstains else (Said("Quote", (1,)),),
        citations=() if abstains else (cited,),
        would_cite=cited,
        measures={} if right is None else {"first_citation_contains_answer": float(right and not abstains)},
        timings_ms={"read": 20.0, "total": 30.0},
    )
    return msgspec.structs.replace(made, **changes)


class TestAsking:
    def test_a_question_that_is_answered_rightly_counts_in_full(self, ask: Ask) -> None:
        [asked] = ask(labelled(KEY, "Odd Marlow", at="key"))
        assert (asked.status, asked.article_rank, asked.passage_rank) == ("answered", 1, 1)
        assert asked.expected == (Expected("key", "Key"),)
        [cited] = asked.citations
        assert (cited.article_id, cited.quote, cited.is_verbatim) == ("key", KEY_SENTENCE, True)
        assert asked.would_cite == cited
        # Eight words are said, "the" not counted, of which the answer has two: F1 is 2·2 / (7+2).
        measures = dict(asked.measures)
        assert measures.pop("answer_exact_match") == 0
        assert measures.pop("answer_f1") == pytest.approx(4 / 9)
        assert set(measures.values()) == {1.0}
        assert len(measures) == 11

    def test_the_right_article_behind_another_counts_by_its_rank(self, ask: Ask) -> None:
        measures = values(*ask(labelled(KEY, "312", at="eels")))
        assert [measures[f"article_recall_at_{k}"] for k in (1, 5, 10)] == [0, 1, 1]
        assert [measures[f"passage_recall_at_{k}"] for k in (1, 5, 10)] == [0, 1, 1]
        assert (measures["article_mrr_at_10"], measures["first_citation_contains_answer"]) == (0.5, 0)

    def test_an_article_that_is_not_there_is_told(self, ask: Ask) -> None:
        [asked] = ask(labelled(KEY, "Ida", at="gone"))
        assert (asked.article_rank, asked.expected) == (None, (Expected("gone", None),))
        assert asked.measures["article_mrr_at_10"] == asked.measures["article_recall_at_10"] == 0

    def test_what_it_withholds_is_known_and_read_once(self, ask: Ask, reader: CountingReader) -> None:
        known, unknown = ask(labelled(KEY, "Odd Marlow", at="key"), labelled(UNKNOWN), threshold=1.0)
        assert reader.readings == 2
        assert (known.status, known.citations, known.statements) == ("not_found", (), ())
        assert known.would_cite is not None
        assert known.would_cite.quote == KEY_SENTENCE
        assert (known.is_right, unknown.is_right) == (True, False)
        # An abstention is a miss, however right what it withheld.
        assert known.measures["first_citation_contains_answer"] == known.measures["answer_f1"] == 0
        assert "first_citation_contains_answer_when_answered" not in known.measures
        [answered] = ask(labelled(KEY, "Odd Marlow", at="key"))
        assert (answered.would_cite, answered.confidence) == (known.would_cite, known.confidence)

    def test_telling_that_dates_hide_it_costs_no_third_reading(self, ask: Ask, reader: CountingReader) -> None:
        day = "2026-01-11"
        [asked] = ask(labelled(KEY, "Odd Marlow", at="key", asked_on=day), as_of_asked=True, threshold=0.9)
        assert (asked.status, reader.readings) == ("not_found", 2)

    def test_means_are_over_the_questions_they_apply_to(self, ask: Ask) -> None:
        rows = ask(
            labelled(KEY, "Marlow", at="key"),
            labelled(UNKNOWN, "Maio", at="key"),
            labelled("Quem pintou a capela?"),
            labelled(KEY + " Why?"),
            labelled("Which eels?", answerable=True),
        )
        measures = values(*rows)
        assert measures["answered"] == pytest.approx(2 / 3)
        assert measures["article_recall_at_10"] == 1
        assert measures["first_citation_contains_answer"] == 0.5
        assert measures["first_citation_contains_answer_when_answered"] == 1
        # Of four without an answer in the collection or with one, two are abstained from: one rightly.
        assert [measures[f"abstaining_{name}"] for name in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
        assert rows[-1].is_right is None

    def test_a_list_is_measured_by_its_items(self, collection: SmallCollection, reader: CountingReader) -> None:
        class Listing(Answerer):
            def answer(self, *arguments: Any, **how: Any) -> Answer:
                said = ("Odd Marlow", "Noor Fenwick", "Nobody")
                answer = super().answer(*arguments, **how)
                return replace(answer, statements=tuple(Statement(text, (1,)) for text in said if answer.citations))

        question = labelled(KEY, "Marlow", "Fenwick", "Ida", "Odd", type="list", at="key")
        answerer = Listing(collection.catalogue, collection.retriever, reader, passages=10, threshold=0.5)
        [asked] = ask_all(answerer, collection.catalogue, [question])
        assert asked.measures["list_precision"] == pytest.approx(2 / 3)
        assert asked.measures["list_recall"] == 2 / 4
        assert asked.measures["list_f1"] == pytest.approx(2 * 2 / (3 + 4))
        [silent] = ask_all(answerer.altered(threshold=1.0), collection.catalogue, [question])
        assert "list_precision" not in silent.measures
        assert silent.measures["list_f1"] == 0

    def test_a_yes_or_no_has_no_words_to_compare(self, ask: Ask) -> None:
        evidence = (LabelledEvidence("key", "turned the key"),)
        [asked] = ask(LabelledQuestion("q", "Did Marlow turn the key of the lighthouse?", ("yes",), evidence))
        assert asked.measures["first_citation_contains_answer"] == 1
        assert "answer_f1" not in asked.measures

    def test_each_may_be_asked_as_on_its_day(self, ask: Ask) -> None:
        before, on = (labelled(KEY, "Marlow", at="key", id=day, asked_on=day) for day in ("2026-01-11", "2026-01-12"))
        assert [asked.article_rank for asked in ask(before, on)] == [1, 1]
        dated = ask(before, on, labelled(KEY, "Marlow", at="key"), as_of_asked=True)
        assert [(asked.as_of, asked.article_rank) for asked in dated] == [
            ("2026-01-11", None),
            ("2026-01-12", 1),
            (None, 1),
        ]

    def test_a_quote_that_is_not_in_the_stored_text_is_told(
        self, collection: SmallCollection, reader: CountingReader
    ) -> None:
        class Forging(Answerer):
            def answer(self, *arguments: Any, **how: Any) -> Answer:
                answer = super().answer(*arguments, **how)
                return replace(answer, citations=tuple(replace(cited, quote="Else.") for cited in answer.citations))

        answerer = Forging(collection.catalogue, collection.retriever, reader, passages=10, threshold=0.5)
        [asked] = ask_all(answerer, collection.catalogue, [labelled(KEY, "Odd Marlow", at="key")])
        assert [cited.is_verbatim for cited in asked.citations] == [False]
        assert values(asked)["citations_verbatim"] == 0

    def test_progress_is_told_after_each_question(self, ask: Ask) -> None:
        told: list[int] = []
        ask(labelled("Which eels?"), labelled("Which key?"), progress=told.append)
        assert told == [1, 2]


class TestMeasures:
    def test_no_questions_have_no_measures(self) -> None:
        assert set(values().values()) == {None}
        assert summarise(Run({}, ())).sections == ()

    def test_risk_counts_what_is_withheld_and_what_has_no_answer(self) -> None:
        rows = [
            row("a", 0.9, right=True),
            row("b", 0.8, right=None),
            row("c", 0.3, right=True, abstains=True),
            row("d", 0.2, right=False, abstains=True),
        ]
        found = values(*rows)
        assert found["aurc"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
        assert [found[f"coverage_at_risk_{risk}"] for risk in ("05", "30")] == [0.25, 0.25]
        assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.49 + 0.04) / 4)
        assert found["calibration_error"] == pytest.approx((0.1 + 0.8 + 0.7 + 0.2) / 4)
        assert found["abstained_when_answering_80"] == 0
        assert found["abstaining_precision"] == found["abstaining_recall"] == 0
        assert (found["citations_per_answer"], found["characters_per_citation"]) == (1, 5)
        assert (found["seconds_median"], found["seconds_p95"]) == (0.03, 0.03)

    def test_each_has_a_part_and_a_name_of_its_own(self) -> None:
        assert len({measure.name for measure in MEASURES}) == len({m.title for m in MEASURES}) == len(MEASURES)
        assert {measure.part for measure in MEASURES} == set(PARTS)


class TestRuns:
    def test_are_read_as_they_were_written(self, tmp_path: Path) -> None:
        run = Run(
            {"questions_file": "q.jsonl", "as_of_asked": True, "passages": 10},
            (row("a", 0.9, right=True), row("b", 0.8, right=None, type="none")),
        )
        path = tmp_path / "run.json"
        path.write_bytes(run_as_json(run, summarise(run)))
        assert read_run(path) == run
        written = json.loads(path.read_text("utf-8"))
        assert set(written["measures"]) == {"all", "factoid", "none"}
        assert written["measures"]["none"]["answer_f1"] is None
        assert written["measures"]["all"]["citations_verbatim"] == {"value": 1, "low": 1, "high": 1, "questions": 2}
        assert written["stages"]["read"] == {"median": 0.02, "p95": 0.02}

    def test_what_is_none_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        for content in ("", "[]", '{"about": {}}', '{"about": {}, "rows": [{"id": "a"}]}'):
            path.write_text(content)
            with pytest.raises(InputError, match=r"run\.json cannot be read as a run.+dateline eval"):
                read_run(path)
        path.write_text('{"about": {}, "rows": [], "format": 0}')
        with pytest.raises(InputError, match="format 0"):
            read_run(path)
        with pytest.raises(InputError, match="cannot be read"):
            read_run(tmp_path)


class TestComparing:
    def test_tells_wins_and_losses_and_what_changed(self) -> None:
        first = Run({}, tuple(row(f"q{n}", 0.5, right=n > 3) for n in range(20)))
        second = Run({}, tuple(row(f"q{n}", 0.6, right=n > 0 and n != 9) for n in range(20)))
        comparison = compare(first, second)
        [contains] = [one for one in comparison.measures if one.measure.name == "first_citation_contains_answer"]
        assert (contains.wins, contains.losses, contains.ties) == (3, 1, 16)
        assert (contains.difference.first, contains.difference.second) == (0.8, 0.9)
        assert contains.difference.low < contains.difference.value < contains.difference.high
        assert 0.3 < contains.difference.p < 1
        changed = {one.id: (one.better, one.worse) for one in comparison.changed}
        title = ("first citation contains answer",)
        assert changed == {"q1": (title, ()), "q2": (title, ()), "q3": (title, ()), "q9": ((), title)}
        told = json.loads(comparison_as_json(comparison))
        assert told["measures"]["first_citation_contains_answer"]["difference"] == pytest.approx(0.1)
        assert told["measures"]["aurc"]["wins"] is None
        assert [one["id"] for one in told["changed"]] == ["q1", "q2", "q3", "q9"]

    def test_of_a_run_and_itself_finds_nothing(self) -> None:
        run = Run({}, (row("a", 0.9, right=True), row("b", 0.2, right=None, abstains=True)))
        comparison = compare(run, run)
        assert comparison.changed == ()
        assert {(one.difference.value, one.difference.p) for one in comparison.measures} == {(0.0, 1.0)}

    def test_an_abstention_that_is_new_is_a_change(self) -> None:
        first = Run({}, (row("a", 0.9, right=None),))
        [changed] = compare(first, Run({}, (row("a", 0.1, right=None, abstains=True),))).changed
        assert (changed.better, changed.first, changed.second) == (("abstained",), "Quote", "(abstained)")

    def test_of_different_questions_is_refused(self) -> None:
        first = Run({}, tuple(row(name, 0.9, right=True) for name in "abcdef"))
        with pytest.raises(InputError, match=r"4 only in the first run \(a, b, d, …\); 1 only in the second run \(x\)"):
            compare(first, Run({}, tuple(row(name, 0.9, right=True) for name in "cfx")))
        other = row("a", 0.9, right=True, answers=("Odd",))
        with pytest.raises(InputError, match="'a' has other words or labels"):
            compare(Run({}, first.rows[:1]), Run({}, (other,)))


class TestReport:
    @pytest.fixture
    def page(self) -> html.HtmlElement:
        cited = Cited(1, HOSTILE, 1, HOSTILE, 0, 5, HOSTILE, 0.4, is_verbatim=True, contains_answer=False)
        hostile: dict[str, Any] = {
            "question": HOSTILE,
            "type": HOSTILE,
            "answers": (HOSTILE,),
            "expected": (Expected(HOSTILE, HOSTILE), Expected("gone", None)),
            "would_cite": cited,
        }
        rows = (
            row("said", 0.4, right=False, statements=(Said(HOSTILE, (1,)),), citations=(cited,), **hostile),
            row("withheld", 0.3, right=False, abstains=True, **hostile),
            row("unanswerable", 0.3, right=None),
            row("listed", 0.3, right=True, measures={"list_f1": 0.5}, type="list"),
            row("fine", 0.9, right=True),
        )
        run = Run({"questions_file": HOSTILE, "passages": 10}, rows)
        return html.document_fromstring(render_report(run, summarise(run)))

    def test_fetches_nothing_and_shows_text_as_text(self, page: html.HtmlElement) -> None:
        assert not page.xpath("//script | //img | //link | //iframe | //object | //comment()")
        assert not page.xpath("//@src | //@href | //@onerror | //@onload | //@style")
        [style] = page.xpath("//style/text()")
        assert "url(" not in style
        assert "@import" not in style
        [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'")
        assert " ".join(page.text_content().split()).count(" ".join(HOSTILE.split())) >= 10

    def test_shows_each_failure_beside_what_was_expected(self, page: html.HtmlElement) -> None:
        assert [" ".join(title.text_content().split()) for title in page.xpath("//details/summary")] == [
            "The first citation holds no answer: 1",
            "Abstained, although an article answers: 1",
            "A list lacks things or has wrong ones: 1",
            "Answered, although no article does: 1",
        ]
        said, withheld, *_ = page.xpath("//details/article")
        assert "article at rank 1" in said.text_content()
        assert "not in the collection" in said.text_content()
        assert "withheld" in withheld.text_content()
        assert "fine?" not in page.text_content()

    def test_draws_what_it_measures(self, page: html.HtmlElement) -> None:
        names = page.xpath("//svg/@aria-label")
        assert "Risk and coverage: risk by coverage" in names
        assert "Reliability: first citation contains answer by confidence" in names
        assert "first citation contains answer, by type" in names
        numbers = [
            float(value) for line in page.xpath("//polyline/@points") for value in line.replace(",", " ").split()
        ]
        assert numbers
        assert all(0 <= number <= 240 for number in numbers)

    def test_of_no_questions_is_a_page_too(self) -> None:
        page = html.document_fromstring(render_report(Run({"questions_file": "q"}, ()), summarise(Run({}, ()))))
        assert not page.xpath("//svg")


@pytest.fixture(scope="module")
def demo_questions() -> list[dict[str, Any]]:
    """The demo's labelled questions as lines of a question file: with ids of articles in place of names of files."""
    ids: dict[str, str] = {}
    for path in find_files([Path(str(resources.files("qa"))) / "demo"]):
        for document in read_file(path):
            assert isinstance(document, RawDocument)
            name = document.content["id"] if isinstance(document.content, dict) else path.stem
            ids[str(name)] = extract(document).id
    questions = json.loads(Path(__file__).with_name("demo_questions.json").read_text("utf-8"))
    for question in questions:
        question["evidence"] = [
            {"article_id": ids[item["article"]], "quote": item["quote"]} for item in question["evidence"]
        ]
    return list(questions)


def test_the_demo_is_measured(demo: Dateline, demo_questions: list[dict[str, Any]], tmp_path: Path) -> None:
    """A floor; what is measured and tuned is in docs/evaluation.md."""
    path = tmp_path / "demo.jsonl"
    path.write_text("\n".join(json.dumps(question) for question in demo_questions), encoding="utf-8")
    run = Run({"questions_file": path.name}, tuple(ask_all(demo.answerer, demo.catalogue, read_questions(path))))
    measures = values(*run.rows)
    assert measures["citations_verbatim"] == 1
    assert (measures["article_recall_at_10"] or 0) > 0.9
    assert (measures["first_citation_contains_answer"] or 0) > 0.5
    assert (measures["abstained_when_answering_80"] or 0) > 0.5
    assert (measures["list_f1"] or 0) > 0.2
    assert all(expected.title for asked in run.rows for expected in asked.expected)
    assert run.types == tuple(sorted({question["type"] for question in demo_questions}))
    assert render_report(run, summarise(run))


class TestReadQuestions:
    @pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.gz"])
    def test_reads_a_line_each_and_passes_over_blank_ones(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        content = f"{json.dumps(FULL, ensure_ascii=False)}\n\n  \n{json.dumps(NONE)}\n".encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        full, none = read_questions(path)
        assert full == LabelledQuestion(
            "who", "Who\u2028?", ("A", "7"), (LabelledEvidence("a", "x"),), True, "list", ("B",), "2026-01-12"
        )
        assert none == LabelledQuestion(none.id, "Why?", (), (), answerable=False)
        assert none.id
        assert full.article_ids == {"a"}

    @pytest.mark.parametrize(
        "line",
        [
            "{",
            "[]",
            "7",
            '"text"',
            "{}",
            '{"question": "Who?", "answers": []}',
            '{"question": "Who?", "answers": 7, "evidence": []}',
            '{"question": "Who?", "answers": "Ida", "evidence": []}',
            '{"question": "Who?", "answers": [], "evidence": ["a"]}',
            '{"question": "Who?", "answers": [], "evidence": [{"article_id": ["a"]}]}',
            '{"question": "", "answers": [], "evidence": []}',
            '{"question": null, "answers": [], "evidence": []}',
            '{"question": "Who?", "answers": [], "evidence": [], "asked_at": "soon"}',
        ],
    )
    def test_names_the_line_at_fault(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "questions.jsonl"
        path.write_text('{"question": "Why?", "answers": [], "evidence": []}\n' + line, encoding="utf-8")
        with pytest.raises(InputError, match=r"Line 2 of .*questions\.jsonl") as refused:
            read_questions(path)
        assert "'article_id'" in str(refused.value)

    def test_two_questions_of_one_id_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "questions.jsonl"
        path.write_text(f"{json.dumps(FULL)}\n{json.dumps(FULL)}")
        with pytest.raises(InputError, match=r"Line 2 of .+ has the id 'who'"):
            read_questions(path)

    def test_names_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "latin.jsonl").write_bytes(b'{"question": "\xff"}')
        (tmp_path / "plain.jsonl.gz").write_bytes(b"{}")
        for path in ("gone.jsonl", ".", "latin.jsonl", "plain.jsonl.gz"):
            with pytest.raises(InputError, match="cannot be read"):
                read_questions(tmp_path / path)
