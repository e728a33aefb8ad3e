"""`dateline ask`: a question and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from index.errors import DataFolderLocked
from qa.cli.opening import opened
from qa.cli.options import settings_options
from qa.cli.showing import spinner
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.web.bodies import AnswerBody

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
    *(
        "chroma_url",
        "database_url",
        "embedding_model",
        "answer_threshold",
        "passages",
        "llm_url",
        "llm_model",
        "llm_timeout",
    )
)
def ask(settings: Settings, question: str, as_json: bool, **asked: Any) -> None:
    """Answer a question, with numbered excerpts. Exits with 0 when it abstains, too."""
    from index.articles import ArticleFilter
    from qa.answers import Question
    from qa.printing import print_answer

    filters = ArticleFilter(asked["sources"] or None, asked["published_from"], asked["published_to"])
    body = _answer(settings, Question(question, asked["max_citations"], filters, asked["as_of"]))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
    else:
        print_answer(body)


def _answer(settings: Settings, question: Any) -> AnswerBody:
    """Answer in this process, or through the service that owns the data folder."""
    from qa.answering import checked_question
    from qa.web.bodies import answer_body

    question = checked_question(question)
    try:
        with opened(settings, "dateline ask") as dateline, spinner("Reading the articles"):
            if not dateline.catalogue.counts()[0]:
                click.echo(f"There are no articles in {settings.data_folder} yet: see 'dateline index'.", err=True)
            dateline.load_model()
            return answer_body(dateline.answerer.answer(question))
    except DataFolderLocked as locked:
        if locked.url is None:
            raise
        from qa.service_client import ask_service

        return ask_service(locked.url, question)
