"""An open collection, ready to index and to answer: where the parts are put together."""

from __future__ import annotations

from types import TracebackType

from index.addresses import Reach
from index.catalogue import Catalogue, Jobs
from index.catalogue.following import Sources
from index.dense import DenseIndex
from index.embedding import Embedder, open_embedder
from index.errors import SettingsError
from index.fetching import Fetcher
from index.finding import Finder
from index.folder import DataFolder
from index.indexing import Indexer
from index.memory import MOST_CHUNKS, ChunkMemory
from index.probing import ChildProber, Prober
from index.requesting import Requester
from index.vectors import ChromaVectors, VectorIndex, embedded_chroma, server_chroma
from qa.answering import Answerer
from qa.llm import LanguageModel, OpenAIModel
from qa.reading import Reader, SpanReader
from qa.retrieval import Retriever
from qa.sentences import SentenceReader
from qa.settings import Settings
from qa.span_models import SpanModel, open_span_model
from qa.writing import Writer

__all__ = ["Dateline"]


class Dateline:
    """A data folder held open by this process; use it in a `with` statement, or close it.

    `command` is what other processes are told that holds the folder. Raises DataFolderLocked when one
    already does. One that `follows` holds no folder: it answers from what the owner's process stores, and changes
    nothing.
    """

    def __init__(self, settings: Settings, *, command: str = "python", follows: bool = False) -> None:
        self.settings = settings
        self.follows = follows
        self.is_service = command == "dateline serve"
        self.language_model = _language_model(settings)
        self._requester = Requester(settings.user_agent, Reach.parse(settings.fetch_networks or ""))
        # What several processes may share needs no owner.
        is_served = bool(settings.database_url and settings.chroma_url)
        self.folder = DataFolder(settings.data_folder, command=command, exclusive=not (is_served or follows))
        try:
            url = settings.database_url
            open_file = Catalogue.follow if follows else Catalogue.open
            self.catalogue = Catalogue.connect(url) if url else open_file(self.folder.catalogue_file)
            if not follows:
                self.catalogue.claim_vectors(with_others=is_served)
            self.embedder = open_embedder(settings.embedding_model, settings.embedding_backend)
            self.span_model: SpanModel | None = None if settings.reader == "none" else open_span_model(settings.reader)
            self.dense = DenseIndex(self.catalogue, self._open_vectors, self._prober(), is_shared=is_served)
            # Chroma's own store is for one process: who follows compares all embeddings.
            self.memory = ChunkMemory(self.catalogue, MOST_CHUNKS) if follows else ChunkMemory(self.catalogue)
        except BaseException:
            self.folder.release()
            raise
        self.jobs = Jobs(self.catalogue.database)
        self.sources = Sources(self.catalogue.database)
        self._put_together()

    def load_model(self) -> None:
        """Load the models now rather than at the first use, and hold the embedding model against the catalogue's."""
        self.catalogue.claim_model(self.embedder.name, self.embedder.dimension)
        if self.span_model is not None:
            self.span_model.load()
        if self.language_model is not None:
            self.language_model.load()

    def go_over_to(self, embedder: Embedder) -> None:
        """Answer and index with another embedding model from now on: the one that embedded the catalogue anew."""
        earlier, self.embedder, self.memory = self.memory, embedder, ChunkMemory(self.catalogue)
        if earlier.is_loaded:
            self.memory.load()
        self._put_together()
        earlier.close()

    def new_fetcher(self) -> Fetcher:
        """Return what fetches from the web as the settings have it, for one thread at a time."""
        return Fetcher(self._requester, delay=self.settings.fetch_delay)

    def close(self) -> None:
        """Close everything in order and give up the folder."""
        try:
            if self.language_model:
                self.language_model.close()
            self.memory.close()
            self.dense.close()
        finally:
            self.catalogue.close()
            self.folder.release()

    def __enter__(self) -> Dateline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put_together(self) -> None:
        self.indexer = Indexer(
            self.catalogue, self.dense, self.embedder, self.new_fetcher(), keep_versions=self.settings.keep_versions
        )
        self.answerer = Answerer(
            self.catalogue,
            Retriever(Finder(self.catalogue, self.dense, self.memory), self.embedder),
            self._reader(),
            Writer(self.language_model) if self.language_model else None,
            passages=self.settings.passages,
            threshold=self.settings.answer_threshold,
        )

    def _reader(self) -> Reader:
        return SentenceReader(self.embedder) if self.span_model is None else SpanReader(self.span_model)

    def _open_vectors(self, generation: int) -> VectorIndex:
        url = self.settings.chroma_url
        connect = server_chroma(url) if url else embedded_chroma(self.folder.chroma_folder)
        return ChromaVectors(connect, self._collection(generation))

    def _prober(self) -> Prober | None:
        """Return what looks for faults in Chroma's own store; a server looks after itself, in its own process."""
        return None if self.settings.chroma_url else ChildProber(self.folder.chroma_folder, self._collection)

    def _collection(self, generation: int) -> str:
        return f"dateline-{self.catalogue.id}-g{generation}"


def _language_model(settings: Settings) -> LanguageModel | None:
    """Return the language model of the settings, which is not asked anything yet; raises SettingsError."""
    if settings.llm_url is None:
        return None
    if settings.llm_model is None:
        raise SettingsError(
            "The setting llm_url is set, but llm_model is not. Name a model that the server has, or leave llm_url out."
        )
    return OpenAIModel(settings.llm_url, settings.llm_model, api_key=settings.llm_api_key, timeout=settings.llm_timeout)
