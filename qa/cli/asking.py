"""`dateline ask`: a question and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.cli.showing import spinner
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.answers import Answer, Question

__all__: list[str] = []


@click.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON API's answer.")
@click.option("--source", "sources", multiple=True, help="Use only this source; may be given several times.")
@click.option("--from", "published_from", metavar="DATE", help="Use only what was published on this day or later.")
@click.option("--to", "published_to", metavar="DATE", help="Use only what was published on this day or earlier.")
@click.option("--as-of", metavar="DATE", help="Answer as one could on that day.")
@click.option("--max-citations", type=int, default=5, show_default=True, help="Most citations, 1 to 20.")
@settings_options(
    *("chroma_url", "database_url", "embedding_model", "embedding_backend", "answer_threshold", "passages"),
    *("llm_url", "llm_model", "llm_timeout"),
)
def ask(settings: Settings, question: str, as_json: bool, **asked: Any) -> None:
    """Answer a question, with numbered excerpts. Exits with 0 when it abstains, too."""
    from index.articles import ArticleFilter
    from qa.answering import checked_question
    from qa.answers import Question
    from qa.printing import print_answer
    from qa.web.bodies import answer_body

    filters = ArticleFilter(asked["sources"] or None, asked["published_from"], asked["published_to"])
    wanted = checked_question(Question(question, asked["max_citations"], filters, asked["as_of"]))
    body = answer_body(_answer(settings, wanted))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
    else:
        print_answer(body)


def _answer(settings: Settings, question: Question) -> Answer:
    from qa.operations.asking import ANSWER
    from qa.operations.upkeep import STATE, Nothing

    with operating(settings, "dateline ask") as collection:
        with spinner("Reading the articles"):
            answer = collection.run(ANSWER, question)
        if answer.status == "not_found" and not collection.run(STATE, Nothing()).articles:
            click.echo(f"There are no articles in {settings.data_folder} yet: see 'dateline index'.", err=True)
    return answer
