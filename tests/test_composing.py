"""What is said and cited of the evidence, whatever the evidence is."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from index.articles import Span
from qa.answers import Evidence, Question, Reading
from qa.composing import Composition, compose
from tests.told import composed, evidence, reference, statements

LIST, SINGLE, YES_NO = "Which countries would send troops?", "When did the ferry sink?", "Will Brenmark send troops?"
WHO, OPEN = "Who commands the force?", "What sank the ferry?"


def quotes(composition: Composition | None) -> list[str]:
    return [citation.quote for citation in composition.citations] if composition else []


class TestAbstaining:
    def test_below_the_threshold(self) -> None:
        assert composed(OPEN, evidence("«Brenmark» goes.", 0.49)) is None
        assert composed(OPEN, evidence("«Brenmark» goes.", 0.5)) is not None

    def test_without_evidence(self) -> None:
        assert composed(OPEN) is None
        assert composed(OPEN, threshold=0.0) is None

    @pytest.mark.parametrize("question", [LIST, SINGLE, YES_NO, WHO, OPEN])
    def test_where_the_passages_seem_to_answer_but_no_evidence_does(self, question: str) -> None:
        assert composed(question, evidence("«Brenmark» goes.", 0.3), confidence=0.9) is None

    @pytest.mark.parametrize("question", [LIST, SINGLE, YES_NO, WHO, OPEN])
    def test_where_the_passages_do_not_answer_though_a_sentence_seems_to(self, question: str) -> None:
        assert composed(question, evidence("«Brenmark» goes.", 0.9), confidence=0.3) is None

    def test_where_all_that_is_told_is_that_it_is_not_so(self) -> None:
        assert composed("Which countries will send troops?", evidence("«Ardesh» will not send troops.")) is None


class TestCitations:
    def test_the_words_that_answer_are_said_and_whole_sentences_cited(self) -> None:
        composition = composed(OPEN, evidence("Rust showed its age. |A «cracked weld» sank the ferry.", start=30))
        assert composition is not None
        assert [(s.text, s.citations) for s in composition.statements] == [("cracked weld", (1,))]
        (citation,) = composition.citations
        assert (citation.number, citation.quote) == (1, "Rust showed its age. A cracked weld sank the ferry.")
        assert (citation.span, citation.confidence) == (Span(30, 81), 0.9)

    def test_a_whole_sentence_is_said_as_it_stands(self) -> None:
        assert statements(WHO, evidence("He was asked. |He said no.")) == ["He said no. [1]"]

    def test_two_answers_in_one_sentence_share_a_citation(self) -> None:
        sentence = "Lorvania, which has a border with the war, will go, and {} and {} will go too."
        found = [
            evidence(sentence.format("«Skølland»", "Osk"), 0.9),
            evidence(sentence.format("Skølland", "«Osk»"), 0.8),
        ]
        assert statements(LIST, *found) == ["Skølland [1]", "Osk [1]"]

    def test_an_answer_beyond_an_overlapping_excerpt_is_cited_with_its_sentence_alone(self) -> None:
        one = evidence("«Brenmark» will go. |Lorvania will go.", 0.9)
        other = evidence("Lorvania will go. |«Skølland» will go.", 0.8, start=18)
        composition = composed(LIST, one, other)
        assert [s.text for s in composition.statements] == ["Brenmark", "Skølland"] if composition else False
        assert quotes(composition) == ["Brenmark will go. Lorvania will go.", "Skølland will go."]

    def test_excerpts_that_touch_do_not_overlap(self) -> None:
        found = evidence("«Brenmark» goes."), evidence("«Tamarre» waits.", 0.8, start=14)
        assert len(quotes(composed(LIST, *found))) == 2

    def test_of_other_versions_and_articles_any_place_may_be_cited(self) -> None:
        found = evidence("«Brenmark» goes."), evidence("«Tamarre» waits.", 0.8, "b")
        assert len(quotes(composed(LIST, *found))) == 2

    def test_several_witnesses_of_one_answer_are_cited_with_it(self) -> None:
        found = (
            evidence("A panel found that «rust» had sunk the ship.", 0.9, "a"),
            evidence("Divers blamed «rust» on the hinge of the ramp.", 0.8, "b"),
            evidence("It was «rust», said the judge who led the inquiry.", 0.7, "c"),
            evidence("In the end «rust» explained everything.", 0.65, "d"),
        )
        assert statements(OPEN, *found) == ["rust [1][2][3]"]
        assert statements(OPEN, *found, max_citations=2) == ["rust [1][2]"]

    def test_a_second_thing_is_cited_before_a_second_witness(self) -> None:
        found = (
            evidence("«Brenmark» will send a battalion.", 0.9, "a"),
            evidence("The first company leaves «Brenmark» in late April.", 0.8, "b"),
            evidence("«Lorvania» followed within hours.", 0.7, "c"),
        )
        assert statements(LIST, *found, max_citations=2) == ["Brenmark [1]", "Lorvania [2]"]
        assert statements(LIST, *found, max_citations=3) == ["Brenmark [1][2]", "Lorvania [3]"]

    def test_the_same_article_is_not_a_second_witness(self) -> None:
        found = evidence("«Rust» did it.", 0.9), evidence("It was «rust».", 0.8, start=200)
        assert statements(OPEN, *found) == ["Rust [1]"]


WIRE = "A cracked weld on the stern ramp sank the ferry last November, investigators said on Thursday."


class TestWireCopies:
    @pytest.mark.parametrize(
        "copy",
        [
            WIRE,
            "A cracked weld on the stern ramp sank the ferry last November, investigators reported on Thursday.",
            WIRE.replace(" on Thursday.", " on Thursday in Port Ellery."),
            "a CRACKED weld on the stern ramp sank the ferry last November - investigators said on Thursday",
        ],
    )
    @pytest.mark.parametrize("question", [LIST, OPEN])
    def test_one_is_cited(self, question: str, copy: str) -> None:
        assert quotes(composed(question, evidence(WIRE), evidence(copy, 0.8, "b"))) == [WIRE]

    def test_one_is_cited_for_a_short_answer_too(self) -> None:
        marked = WIRE.replace("A cracked weld", "«A cracked weld»")
        assert statements(OPEN, evidence(marked), evidence(f"PORT ELLERY - {marked}", 0.8, "b")) == [
            "A cracked weld [1]"
        ]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Brenmark will send troops to the Drelle.", "Lorvania will send troops to the Drelle."),
            ("Varnholt will send troops to the Drelle.", "Varnholt will not send troops to the Drelle."),
            ("They will be sent to the Drelle this spring.", "They won't be sent to the Drelle this spring."),
            ("At least 9 people died in the ferry.", "At least 15 people died in the ferry."),
            ("At least nine people died in the ferry.", "At least ten people died in the ferry."),
        ],
    )
    def test_what_differs_in_a_name_a_number_or_a_denial_is_said_twice(self, one: str, other: str) -> None:
        assert quotes(composed(LIST, evidence(one), evidence(other, 0.8, "b"))) == [one, other]


class TestHowMuchIsSaid:
    def test_one_answer_and_what_is_about_as_sure(self) -> None:
        found = [evidence(f"«{name}» sank it, they found.", sure, name) for name, sure in (("Ice", 0.9), ("Rust", 0.8))]
        weaker = evidence("A «mine» may have sunk it.", 0.51, "c")
        assert statements(OPEN, *found, weaker) == ["Ice [1]", "Rust [2]"]

    def test_three_answers_at_most(self) -> None:
        found = [evidence(f"«{name}» sank it.", 0.9, name) for name in ("Ice", "Rust", "Fog", "Sand", "Salt")]
        assert len(statements(OPEN, *found)) == 3

    @pytest.mark.parametrize("question", ["How many ships came?", SINGLE])
    def test_no_second_number_or_day_without_a_word_of_explanation(self, question: str) -> None:
        found = evidence("On «March 3» there were many.", 0.9), evidence("It began on «May 11», it seems.", 0.89, "b")
        assert statements(question, *found) == ["March 3 [1]"]

    def test_a_list_names_what_is_less_sure_too(self) -> None:
        found = evidence("«Brenmark» will go.", 0.9), evidence("«Lorvania» will go.", 0.4, "b")
        assert statements(LIST, *found) == ["Brenmark [1]", "Lorvania [2]"]
        assert statements(LIST, found[0], evidence("«Lorvania» will go.", 0.1, "b")) == ["Brenmark [1]"]

    @pytest.mark.parametrize(
        ("question", "most"),
        [
            ("Which countries would send troops?", 10),
            ("What conditions did they set?", 10),
            ("Who were the candidates?", 10),
            ("Who will pay for the force?", 10),
            ("List the ports that closed", 10),
            ("Name every candidate", 10),
            ("Which of the women won?", 10),
            ("When did the ferry sink?", 3),
            ("Who won the cup?", 3),
            ("What was the cause?", 3),
            ("Which status does it have?", 3),
        ],
    )
    def test_a_question_for_several_things_gets_more_statements(self, question: str, most: int) -> None:
        found = [evidence(f"{name * 5} left.", start=100 * n) for n, name in enumerate("ABCDEFGHIJKL")]
        assert len(quotes(composed(question, *found, max_citations=10))) == most


class TestListItems:
    @pytest.mark.parametrize(
        ("question", "marked", "said"),
        [
            (
                "Which yards have bid?",
                "«Three» yards have bid: Aldhaven, Tesk Marine and the firm Brattvik.",
                ["Aldhaven", "Tesk Marine", "the firm Brattvik"],
            ),
            ("Which parties voted for it?", "Moncau, who leads «Green» Calvessa, voted for it.", ["Green Calvessa"]),
            ("Who was elected?", "«Nadia Okonjo»-Frost was elected.", ["Nadia Okonjo-Frost"]),
            ("Which countries will send troops?", "«Brenmark will send» 2,400 troops.", ["Brenmark"]),
            ("Which countries will send troops?", "Its «parliament» will send troops.", []),
            ("Which countries will send troops?", "The «countries» will send troops.", []),
            ("Which countries will send troops?", "«They» will send troops.", []),
            ("Which yards have bid?", "«Three yards» have bid.", []),
            (
                "Which towns must boil it?",
                "If you live in «Kirrow», Hallbeck or Thorle, do not drink it.",
                ["Kirrow", "Hallbeck", "Thorle"],
            ),
        ],
    )
    def test_items_are_whole_and_of_the_kind_asked_for(self, question: str, marked: str, said: list[str]) -> None:
        assert statements(question, evidence(marked)) == [f"{name} [1]" for name in said]

    def test_a_condition_is_kept_in_view_where_would_is_asked(self) -> None:
        found = evidence("«Tamarre» could send 900, she told us, but only if others keep aircraft ready.")
        assert statements(LIST, found) == ["Tamarre (only if others keep aircraft ready) [1]"]
        assert statements("Which countries may send troops?", found) == ["Tamarre [1]"]
        assert statements("Which countries will send troops?", found) == []

    def test_what_is_taken_back_later_is_told_as_earlier_with_what_takes_it_back(self) -> None:
        february = evidence("«Varnholt» refused last week to send troops.", 0.9, "a", published_at="2026-02-24")
        june = evidence("«Varnholt» will send 350 soldiers, it decided.", 0.8, "b", published_at="2026-06-16")
        assert statements("Which countries refused to send troops?", february, june) == ["Varnholt [1][2] earlier"]
        assert statements("Which countries will send troops?", february, june) == ["Varnholt [1]"]

    @pytest.mark.parametrize(
        ("question", "marked", "said"),
        [
            ("Which bridges do they guard?", "They guard «the rail bridge» at Osk.", ["the rail bridge at Osk"]),
            ("Which items are the largest?", "«Transport» is the largest at $131 million.", ["Transport"]),
            ("Which items are the largest?", "Transport is the largest at «$131 million».", []),
            ("What conditions does it set?", "It may come, on «two conditions».", []),
            ("Which vessels searched?", "They searched on «Friday».", []),
            ("Which countries will go?", "The constitution lets «Varnholt’s» army go.", ["Varnholt"]),
        ],
    )
    def test_what_is_told_of_an_item_is_no_item(self, question: str, marked: str, said: list[str]) -> None:
        assert [statement.removesuffix(" [1]") for statement in statements(question, evidence(marked))] == said

    def test_a_counted_list_is_complete(self) -> None:
        counted = "It covers four operators: «Aldhaven Line, Tesk Ferries, Strand and Lagune Boats»."
        found = [evidence(counted, 0.9), evidence("The «Marine Board» ordered it.", 0.85, "b")]
        question = "Which operators must check their ramps?"
        assert [text.removesuffix(" [1]") for text in statements(question, *found)] == [
            "Aldhaven Line",
            "Tesk Ferries",
            "Strand",
            "Lagune Boats",
        ]

    def test_one_thing_marked_beside_an_enumeration_in_its_sentence_is_no_item(self) -> None:
        sentence = "It is made of {} and was stolen along with {}, a chess queen and a log."
        found = [
            evidence(sentence.format("brass", "«a jade seal»"), 0.9),
            evidence(sentence.format("«brass»", "a jade seal"), 0.8),
        ]
        assert statements("What was stolen?", *found) == ["a jade seal [1]", "a chess queen [1]", "a log [1]"]


def test_a_yes_or_no_question_is_answered_with_the_sentence() -> None:
    found = evidence("He spoke late. |Brenmark «will send 2,400 soldiers», Hartvig said.")
    assert statements(YES_NO, found) == ["Brenmark will send 2,400 soldiers, Hartvig said. [1]"]


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("The company was fined «18.5» million crowns.", "18.5 million crowns"),
        ("The rate fell to «3.5»% on Thursday.", "3.5%"),
        ("It killed at least «four» of them.", "at least four"),
        ("It pledged $«140» million over two years.", "$140 million"),
        ("It was fined BRK «9.6 million» on Wednesday.", "BRK 9.6 million"),
        ("The town of «6»,000 people is split.", "6,000"),
        ("It costs «1,521 crowns, » a year.", "1,521 crowns"),
    ],
)
def test_a_number_keeps_its_unit(marked: str, said: str) -> None:
    assert statements("How much was it?", evidence(marked)) == [f"{said} [1]"]


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("The weir was breached on March «23» after 179 years.", "March 23"),
        ("It was signed on «26» February 2026 in Lethmar.", "26 February 2026"),
        ("He resigned «on Thursday», he said.", "on Thursday"),
        ("It was lifted at «noon on Tuesday», the company said.", "noon on Tuesday"),
        ("It opened in «Sept.» 2021.", "Sept. 2021"),
    ],
)
def test_a_day_is_told_whole(marked: str, said: str) -> None:
    assert statements("When was it?", evidence(marked)) == [f"{said} [1]"]


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("It was in the «U.S.» that it began.", "U.S."),
        ("It was “«a bad year,»” he said.", "a bad year"),
        ("They sailed for «Garrow .»", "Garrow"),
        ("It came «and Rust» did it.", "Rust"),
        ("It was the ca«pta»in.", "captain"),
        ("It was («a seal»).", "a seal"),
        ("It was «it».", "It was it."),
    ],
)
def test_an_answer_is_tidied(marked: str, said: str) -> None:
    assert statements(OPEN, evidence(marked)) == [f"{said} [1]"]


class TestWhoSaysIt:
    @pytest.mark.parametrize(
        ("marked", "speaker"),
        [
            ("«Twelve» people died, coastguard spokeswoman Hanne Birk said.", "coastguard spokeswoman Hanne Birk"),
            ("The ferry was carrying «214 people», not 208, the company said this evening.", "the company"),
            ("“«Not one soldier», not one coin,” President Davit Ormanli said on Sunday.", "President Davit Ormanli"),
            ("“«The lamp» failed,” said Gregor Stahlin, head of water quality.", "Gregor Stahlin"),
            ("It had been failing for «a year», according to the Marine Safety Board.", "the Marine Safety Board"),
            ("Gen. Aud Rasmund, the force commander, said «3,100» peacekeepers were there.", "Gen. Aud Rasmund"),
            ("Mayor Nadia Okonjo, who gave the signal, said «the council» had agreed.", "Mayor Nadia Okonjo"),
            ("Ms Szczęsna looked up. |“I thought it was «a thumbprint»,” she told us.", "Ms Szczęsna"),
            ("“I respect that,” Ms Krämer-Voss told reporters. |“But «waiting» is a decision.", "Ms Krämer-Voss"),
            ("The weir was breached on «March 23» after 179 years.", None),
            ("Anna Bell met Carl Dorn. |“It was «cold»,” she said.", None),
            ("“It was «cold»,” she said.", None),
            ("«Gen. Aud Rasmund», the force commander, said she was ready.", None),
        ],
    )  # fmt: skip
    def test_a_claim_carries_its_speaker(self, marked: str, speaker: str | None) -> None:
        composition = composed(OPEN, evidence(marked))
        assert composition is not None
        assert composition.statements[0].speaker == speaker
        assert speaker is None or speaker in composition.citations[0].quote

    @pytest.mark.parametrize(
        "marked",
        [
            "«Yusuf Håkansen» said shifting cargo was a line of inquiry.",
            "“Shifting cargo is «a line of inquiry»,” said Yusuf Håkansen.",
            "Ardesh says «no». |“Cargo is a line of inquiry,” Yusuf Håkansen said on Sunday.",
            "Yusuf Håkansen spoke next. |“Shifting cargo is a line of inquiry,” «he» said.",
        ],
    )
    def test_who_said_it_is_answered_with_the_speaker(self, marked: str) -> None:
        assert statements("Who said that cargo was a line of inquiry?", evidence(marked)) == ["Yusuf Håkansen [1]"]


DEATHS = "How many people died when the Silver Tern sank?"
SEARCH, MOURNS = "Search for Silver Tern victims ends", "Garrow mourns the Silver Tern"


def deaths(said: str, article: str, published_at: str | None, confidence: float = 0.8) -> Evidence:
    return evidence(
        f"«{said}» people died when the Silver Tern sank, the coastguard said.",
        confidence,
        article,
        published_at=published_at,
        title=SEARCH,
    )


class TestDisagreement:
    def test_two_values_of_about_the_same_time_differ(self) -> None:
        twelve = evidence(
            "«Twelve» people died in the sinking and 202 survived, Hanne Birk said.",
            0.8, "a", published_at="2025-11-21", title=SEARCH,
        )  # fmt: skip
        fifteen = evidence(
            "The sinking of the Silver Tern killed «15 people», and nine of them lived on Garrow.",
            0.7, "b", published_at="2025-11-24", title=MOURNS,
        )  # fmt: skip
        assert statements(DEATHS, twelve, fifteen) == ["Twelve [1] differs", "15 people [2] differs"]

    def test_undated_values_differ(self) -> None:
        found = deaths("Twelve", "a", None), deaths("15", "b", None)
        assert statements(DEATHS, *found) == ["Twelve [1] differs", "15 [2] differs"]

    def test_a_much_older_value_comes_after_the_newest(self) -> None:
        found = deaths("Four", "a", "2025-11-14"), deaths("Twelve", "b", "2025-11-21", 0.7)
        assert statements(DEATHS, *found) == ["Twelve [1]", "Four [2] earlier"]

    def test_the_latest_is_asked_for(self) -> None:
        found = deaths("Nine", "a", "2025-11-20"), deaths("Twelve", "b", "2025-11-21", 0.7)
        latest = "How many people died when the Silver Tern sank, by the latest count?"
        assert statements(latest, *found) == ["Twelve [1]", "Nine [2] earlier"]

    def test_what_a_correction_says_was_wrong_comes_last(self) -> None:
        wrong = evidence("The company will credit «210 crowns» to each household.", 0.8, "a", published_at="2025-09-02")
        right = evidence(
            "We said that the company would credit 210 crowns to each household. |It is «120» crowns.",
            0.7, "b", published_at="2025-09-04", title="Correction: the company will credit each household",
        )  # fmt: skip
        asked = "How much will the company credit to each household?"
        assert statements(asked, wrong, right) == ["120 crowns [1]", "210 crowns [2] earlier"]

    def test_what_a_newer_article_says_it_was_not_comes_last(self) -> None:
        older = evidence("The ferry was carrying «208 people», it said.", 0.8, "a", published_at="2025-11-14T09:00:00Z")
        newer = evidence(
            "The ferry was carrying «214 people», not 208, it said.", 0.7, "b", published_at="2025-11-14T20:00:00Z"
        )
        asked = "How many people was the ferry carrying?"
        assert statements(asked, older, newer) == ["214 people [1]", "208 people [2] earlier"]

    @pytest.mark.parametrize(
        ("one", "other"),
        [("12", "Twelve"), ("12", "12"), ("Some 1.2 million", "1,200,000"), ("Nearly 1,200", "1,180")],
    )
    def test_one_value_in_other_words_is_no_disagreement(self, one: str, other: str) -> None:
        found = (
            deaths(one, "a", "2025-11-21"),
            evidence(f"Officials in Garrow now think that «{other}» people were lost that night.", 0.7, "b"),
        )
        assert statements(DEATHS, *found) == [f"{one} [1][2]"]

    def test_a_day_told_in_two_ways_is_one(self) -> None:
        found = (
            evidence("They signed it «on Thursday», he said.", 0.9, "a", published_at="2026-02-27"),
            evidence("The paper of «26 February» asks for an outside force.", 0.8, "b", published_at="2026-04-01"),
        )
        assert statements("When was it signed?", *found) == ["on Thursday [1][2]"]
        asked = "When was the accord signed in Lethmar?"
        days = [
            evidence(f"The accord was signed in Lethmar «on {day}».", sure, day, published_at=f"2026-03-0{n}")
            for n, (day, sure) in enumerate([("Feb. 9", 0.9), ("Feb. 11", 0.8)], start=1)
        ]
        assert statements(asked, *days) == ["on Feb. 9 [1] differs", "on Feb. 11 [2] differs"]

    def test_names_differ_where_nearly_the_same_is_told(self) -> None:
        told = "The Drelle force will be commanded by «{}», the League announced."
        found = evidence(told.format("Aud Rasmund"), 0.9, "a"), evidence(told.format("Colm Dacre"), 0.8, "b")
        assert statements(WHO, *found) == ["Aud Rasmund [1] differs", "Colm Dacre [2] differs"]

    def test_wire_copies_are_one_witness(self) -> None:
        found = deaths("Twelve", "a", None), deaths("Twelve", "b", None), deaths("15", "c", None, 0.7)
        assert statements(DEATHS, *found) == ["Twelve [1] differs", "15 [2] differs"]

    @pytest.mark.parametrize(
        "guess",
        [
            evidence("«15» people died when the Silver Tern sank.", 0.4, "b", title=SEARCH),
            evidence("«15» people were injured when the Silver Tern sank.", 0.8, "b", title=SEARCH),
            evidence("«15» ships searched where the Silver Tern sank.", 0.8, "b", title=SEARCH),
            evidence("«15» people died in a fire at a bakery in Tesk.", 0.8, "b", title="Fire in Tesk"),
            evidence("«15» people died when the Silver Tern sank.", 0.8, "a", start=200, title=SEARCH),
        ],
    )
    def test_a_second_guess_is_no_disagreement(self, guess: Evidence) -> None:
        assert statements(DEATHS, deaths("Twelve", "a", None), guess) == ["Twelve [1]"]


sayings = st.text(min_size=1, max_size=40) | st.sampled_from(
    [
        WIRE,
        WIRE.upper(),
        "Brenmark goes.",
        "Brenmark does not go.",
        "Brenmark, Lorvania and Skølland will send 2,400 soldiers, but only if Ardesh goes, he said.",
        "“No,” she said, and 12 or 15 people died on Feb. 9; 1.2 million (at least) left.",
    ]
)


@st.composite
def pieces(draw: st.DrawFn) -> Evidence:
    """Draw evidence of one to three sentences, the answer anywhere in one of them, on short articles."""
    sentences = draw(st.lists(sayings, min_size=1, max_size=3))
    start, at = draw(st.integers(0, 150)), draw(st.integers(0, len(sentences) - 1))
    quote = " ".join(sentences)
    begin = start + len(" ".join(sentences[:at])) + (1 if at else 0)
    sentence = Span(begin, begin + len(sentences[at]))
    first = draw(st.integers(0, len(sentences[at]) - 1))
    answer = Span(begin + first, begin + draw(st.integers(first + 1, len(sentences[at]))))
    dates = st.sampled_from([None, "2026-02-09", "2026-02-10T08:00:00Z", "2026-05-01"])
    article = reference(draw(st.sampled_from("abc")), draw(dates), version=draw(st.integers(1, 2)))
    whole = Span(start, start + len(quote))
    answer = draw(st.sampled_from([answer, sentence]))
    return Evidence(article, whole, quote, sentence, answer, draw(st.floats(0, 1)))


QUESTIONS = [LIST, SINGLE, YES_NO, WHO, OPEN, DEATHS, "Who said so?", "Which countries refused?", "Which may go?"]


@settings(deadline=None)
@given(
    text=st.sampled_from(QUESTIONS) | st.text(max_size=80),
    found=st.lists(pieces(), max_size=15),
    confidence=st.floats(0, 1),
    max_citations=st.integers(1, 20),
    threshold=st.floats(0, 1),
)
@example(LIST, [], 1.0, 5, 0.0)
def test_whatever_the_evidence(
    text: str, found: list[Evidence], confidence: float, max_citations: int, threshold: float
) -> None:
    composition = compose(Question(text, max_citations), Reading(tuple(found), confidence), threshold=threshold)
    can_answer = confidence >= threshold and any(e.confidence >= threshold for e in found)
    assume(composition is not None)
    assert composition is not None
    assert can_answer
    citations = composition.citations
    assert 1 <= len(citations) <= max_citations
    assert max(citation.confidence for citation in citations) >= threshold
    for one, other in combinations(citations, 2):
        assert one.article != other.article or not one.span.overlaps(other.span)
    for citation in citations:
        assert any(
            e.article == citation.article
            and e.span.start <= citation.span.start < citation.span.end <= e.span.end
            and e.text_of(citation.span) == citation.quote
            for e in found
        )
        assert citation.answers
        assert all(citation.span.start <= a.start < a.end <= citation.span.end for a in citation.answers)
    numbers = [number for statement in composition.statements for number in statement.citations]
    assert list(dict.fromkeys(numbers)) == [c.number for c in citations] == list(range(1, len(citations) + 1))
    for statement in composition.statements:
        cited = [citations[number - 1].quote for number in statement.citations]
        assert len(set(statement.citations)) == len(statement.citations)
        condition = re.fullmatch(r"(.+?) \((.+)\)", statement.text, re.DOTALL)
        parts = condition.groups() if condition and statement.text not in cited[0] else (statement.text,)
        assert all(part in cited[0] for part in parts)
        pointed_at = citations[statement.citations[0] - 1]
        starts = pointed_at.span.start
        assert set(parts) <= {pointed_at.quote[a.start - starts : a.end - starts] for a in pointed_at.answers}
        assert statement.speaker is None or statement.speaker in cited[0]
    spoken = [s.text.casefold() for s in composition.statements if any(map(str.isalnum, s.text))]
    assert len(set(spoken)) == len(spoken)
