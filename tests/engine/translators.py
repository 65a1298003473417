"""Tiny translators: sentencepiece models trained here, the tokenizers of the families on top, random weights."""

import json
import shutil
import warnings
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import sentencepiece
import transformers

from tests.engine.tiny import SEQ2SEQ, random_model

ENGLISH = "The cat sat on the mat because it was soft. The animal didn't cross the street. She ate the apple."
GERMAN = "Die Katze saß auf der Matte, weil sie weich war. Das Tier ging nicht über die Straße. Sie aß den Apfel."
PIECES = "sentencepiece.bpe.model"
NLLB = ("deu_Latn", "eng_Latn", "fra_Latn", "zho_Hans")


@cache
def spm(kind: str, *texts: str) -> str:
    """The file of a sentencepiece model ("unigram" or "bpe") that is trained on these texts."""
    folder = Path(mkdtemp(prefix="attnviz-spm-"))
    lines = [sentence for text in texts for sentence in text.split(". ")]
    (folder / "lines.txt").write_text("\n".join(lines * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "lines.txt"),
        model_prefix=str(folder / "trained"),
        vocab_size=90,
        model_type=kind,
        hard_vocab_limit=False,
        minloglevel=3,
    )
    return str(folder / "trained.model")


def pieces_of(file: str, text: str) -> list[str]:
    """The pieces of a text by the sentencepiece library itself."""
    return sentencepiece.SentencePieceProcessor(model_file=file).encode(text, out_type=str)


def numbered(*files: str, first: tuple[str, ...], last: tuple[str, ...] = ()) -> dict[str, int]:
    """A number for every piece of these models."""
    pieces = list(first)
    for file in files:
        model = sentencepiece.SentencePieceProcessor(model_file=file)
        pieces += [model.id_to_piece(number) for number in range(model.get_piece_size())]
    return {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, *last]))}


def save_marian(folder: Path, *, separate: bool = False) -> None:
    source, target = spm("unigram", ENGLISH), spm("unigram", GERMAN)
    special = {"first": ("</s>", "<unk>"), "last": ("<pad>",)}
    files = {"source.spm": source, "target.spm": target}
    for name, file in files.items():
        shutil.copy(file, folder / name)
    options: dict[str, object] = {"separate_vocabs": separate}
    vocabularies = {"vocab.json": numbered(source, target, **special)}
    if separate:
        vocabularies = {"vocab.json": numbered(source, **special), "target_vocab.json": numbered(target, **special)}
        options["target_vocab_file"] = str(folder / "target_vocab.json")
    for name, vocabulary in vocabularies.items():
        (folder / name).write_text(json.dumps(vocabulary), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
        transformers.MarianTokenizer(
            str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"), **options
        ).save_pretrained(folder)


def save_m2m100(folder: Path, source: str | None = "en", target: str | None = "de") -> None:
    file = spm("unigram", ENGLISH, GERMAN)
    first = ("<s>", "<pad>", "</s>", "<unk>")
    (folder / "vocab.json").write_text(json.dumps(numbered(file, first=first)), encoding="utf-8")
    transformers.M2M100Tokenizer(str(folder / "vocab.json"), file, src_lang=source, tgt_lang=target).save_pretrained(
        folder
    )


def save_plbart(folder: Path, source: str | None = "java", target: str | None = "en_XX") -> None:
    file = spm("unigram", ENGLISH, GERMAN)
    transformers.PLBartTokenizer(file, src_lang=source, tgt_lang=target).save_pretrained(folder)


def save_seamless(folder: Path) -> str:
    """SeamlessM4T for texts: every letter is a piece."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = ["<pad>", "<unk>", "<s>", "</s>", "▁", *letters, *(f"▁{letter}" for letter in letters)]
    transformers.SeamlessM4TTokenizer(
        vocab={piece: number for number, piece in enumerate(pieces)},
        merges=[("▁", letter) for letter in letters],
        extra_special_tokens=["__deu__", "__eng__", "__fra__"],
    ).save_pretrained(folder)
    small = {"attention_heads": 4, "layers": 2, "ffn_dim": 32}
    halves = {
        f"{part}_{name}": value
        for part in ("encoder", "decoder", "t2u_encoder", "t2u_decoder")
        for name, value in small.items()
    }
    config = transformers.SeamlessM4TConfig(
        vocab_size=len(pieces) + 3, hidden_size=32, speech_encoder_layers=1, t2u_vocab_size=9, **halves
    )
    random_model(config, architecture="SeamlessM4TForTextToText").save_pretrained(folder)
    return str(folder)


def save_fast(family: str, folder: Path, source: str | None, target: str | None) -> None:
    """NLLB and mBART, converted from their sentencepiece model as transformers does it."""
    name, kind = {"nllb": ("NllbTokenizer", "bpe"), "mbart": ("MBartTokenizer", "unigram")}.get(
        family, ("MBart50Tokenizer", "unigram")
    )
    shutil.copy(spm(kind, ENGLISH, GERMAN), folder / PIECES)
    stored = {"tokenizer_class": name, "src_lang": source, "tgt_lang": target}
    (folder / "tokenizer_config.json").write_text(json.dumps(stored))
    more = {"extra_special_tokens": list(NLLB)} if family == "nllb" else {}
    getattr(transformers, name).from_pretrained(folder, **more).save_pretrained(folder)
    (folder / PIECES).unlink()


# Family: its languages where its file names them, its configuration.
FAMILIES = {
    "marian": ("MarianConfig", None),
    "nllb": ("M2M100Config", ("eng_Latn", "fra_Latn")),
    "m2m100": ("M2M100Config", ("en", "de")),
    "mbart": ("MBartConfig", ("en_XX", "ro_RO")),
    "mbart50": ("MBartConfig", ("en_XX", "ro_RO")),
    "plbart": ("PLBartConfig", ("java", "en_XX")),
}


def save_translator(family: str, folder: Path, **languages: str | None) -> str:
    """The folder of a tiny translator, as a user's own would be. Languages: source, target."""
    folder.mkdir(parents=True, exist_ok=True)
    config_class, named = FAMILIES[family]
    if family == "marian":
        save_marian(folder, **languages)
    else:
        source, target = languages.get("source", named[0]), languages.get("target", named[1])
        if family == "m2m100":
            save_m2m100(folder, source, target)
        elif family == "plbart":
            save_plbart(folder, source, target)
        else:
            save_fast(family, folder, source, target)
    settings = {**SEQ2SEQ, "pad_token_id": 1, "decoder_start_token_id": 2, "eos_token_id": 2}
    if family == "marian":
        pad = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["<pad>"]
        settings |= {"pad_token_id": pad, "decoder_start_token_id": pad, "eos_token_id": 0}
    if config_class in ("MBartConfig", "PLBartConfig"):
        settings["decoder_start_token_id"] = None
    config = getattr(transformers, config_class)(vocab_size=320, **settings)
    random_model(config).save_pretrained(folder)
    return str(folder)
