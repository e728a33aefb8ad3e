"""Settings come from flags, the environment and a file, in that order, and say plainly what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.errors import SettingsError
from qa.cli import cli
from qa.settings import SETTINGS_HELP, Settings, load_settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(
    flags: dict[str, Any] | None = None, environ: dict[str, str] | None = None, toml: str | None = None
) -> Settings:
    if toml is not None:
        Path("dateline.toml").write_text(toml, encoding="utf-8")
    return load_settings(flags or {}, environ or {})


class TestPrecedence:
    def test_defaults_need_nothing(self) -> None:
        assert load() == Settings()

    def test_a_flag_outranks_a_variable_outranks_a_line_outranks_the_default(self) -> None:
        toml = "port = 9001\nhost = 'file'\ndata = 'file'"
        environ = {"DATELINE_PORT": "9002", "DATELINE_HOST": "variable"}
        settings = load({"port": 9003}, environ, toml)
        assert (settings.port, settings.host, settings.data, settings.passages) == (9003, "variable", "file", 10)

    def test_a_flag_that_was_not_given_is_not_one(self) -> None:
        assert load({"port": None}, {"DATELINE_PORT": "9002"}).port == 9002

    def test_an_empty_variable_is_not_set(self) -> None:
        assert load(environ={"DATELINE_CHROMA_URL": "", "DATELINE_PORT": ""}) == Settings()

    def test_the_process_environment_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATELINE_PASSAGES", "7")
        assert load_settings().passages == 7

    def test_other_variables_are_left_alone(self) -> None:
        assert load(environ={"DATELINE_HOUSE": "1", "PORT": "1", "dateline_port": "1"}) == Settings()


class TestFile:
    def test_one_may_be_named_by_flag_or_variable(self, tmp_path: Path) -> None:
        for name in ("flag", "variable"):
            (tmp_path / f"{name}.toml").write_text(f"host = '{name}'", encoding="utf-8")
        load(toml="host = 'default'")
        environ = {"DATELINE_CONFIG": "variable.toml"}
        assert load_settings({}, {}).host == "default"
        assert load_settings({}, environ).host == "variable"
        assert load_settings({}, environ, file=tmp_path / "flag.toml").host == "flag"

    @pytest.mark.parametrize("environ", [{"DATELINE_CONFIG": "gone.toml"}, {}])
    def test_one_that_is_named_must_be_there(self, environ: dict[str, str]) -> None:
        with pytest.raises(SettingsError, match=r"gone\.toml is not there"):
            load_settings({}, environ, file=None if environ else "gone.toml")

    @pytest.mark.parametrize("content", [b"port = ", b"port 8000", b"host = '\xff'"])
    def test_one_that_is_no_toml_is_refused_by_name(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "dateline.toml").write_bytes(content)
        with pytest.raises(SettingsError, match=r"settings file dateline\.toml cannot be read"):
            load_settings({}, {})

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="cannot be read"):
            load_settings({}, {}, file=tmp_path)


class TestRefusals:
    @pytest.mark.parametrize(
        ("flags", "environ", "toml", "named"),
        [
            ({"port": "many"}, {}, None, "--port"),
            ({"answer_threshold": 2}, {}, None, "--answer-threshold"),
            ({}, {"DATELINE_PORT": "70000"}, None, "DATELINE_PORT"),
            ({}, {"DATELINE_READ_ONLY": "perhaps"}, None, "DATELINE_READ_ONLY"),
            ({}, {"DATELINE_ANSWER_THRESHOLD": "nan"}, None, "DATELINE_ANSWER_THRESHOLD"),
            ({}, {}, "passages = 0", "passages in dateline.toml"),
            ({}, {}, "data = ''", "data in dateline.toml"),
            ({}, {}, "data = 3", "data in dateline.toml"),
            ({}, {}, "port = [1]", "port in dateline.toml"),
            ({}, {}, "port = true", "port in dateline.toml"),
            ({}, {}, "host = 2025-02-27", "host in dateline.toml"),
            ({}, {}, "[chroma_url]\nhost = 'a'", "chroma_url in dateline.toml"),
        ],
    )
    def test_name_the_flag_the_variable_or_the_line(
        self, flags: dict[str, Any], environ: dict[str, str], toml: str | None, named: str
    ) -> None:
        with pytest.raises(SettingsError, match=rf"setting {named} cannot be ['\"]"):
            load(flags, environ, toml)

    def test_a_refused_value_counts_even_when_a_higher_layer_sets_another(self) -> None:
        with pytest.raises(SettingsError, match="DATELINE_PORT"):
            load({"port": 80}, {"DATELINE_PORT": "x"})

    def test_an_unknown_line_is_refused_with_those_that_there_are(self) -> None:
        with pytest.raises(SettingsError, match="no setting ports in dateline") as refused:
            load(toml="ports = 8000")
        assert all(name in str(refused.value) for name in SETTINGS_HELP)

    def test_a_long_value_is_not_repeated_in_full(self) -> None:
        with pytest.raises(SettingsError) as refused:
            load(environ={"DATELINE_PORT": "9" * 5_000})
        assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)]
)
def test_a_variable_can_be_true_or_false(text: str, value: bool) -> None:
    assert load(environ={"DATELINE_READ_ONLY": text}).read_only is value


class TestLanguageModel:
    ENVIRON = {  # noqa: RUF012  a constant of the tests
        "DATELINE_LLM_URL": "http://127.0.0.1:8080/v1",
        "DATELINE_LLM_MODEL": "small",
        "DATELINE_LLM_API_KEY": "sk-do-not-tell",
        "DATELINE_LLM_TIMEOUT": "2.5",
    }

    def test_is_set_like_everything_else(self) -> None:
        settings = load(environ=self.ENVIRON)
        told = (settings.llm_url, settings.llm_model, settings.llm_api_key, settings.llm_timeout)
        assert told == ("http://127.0.0.1:8080/v1", "small", "sk-do-not-tell", 2.5)
        assert load(toml="llm_api_key = 'sk-of-the-file'").llm_api_key == "sk-of-the-file"

    def test_its_key_is_never_shown(self) -> None:
        settings = load(environ=self.ENVIRON)
        assert "llm_model='small', llm_api_key=…, llm_timeout=2.5" in repr(settings)
        assert "sk-do-not-tell" not in f"{settings} {settings!r}"
        assert "llm_api_key=None" in repr(Settings())

    def test_its_key_is_not_repeated_when_it_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="setting llm_api_key in dateline") as refused:
            load(toml="llm_api_key = ['sk-do-not-tell']")
        assert "sk-do-not-tell" not in str(refused.value)
        assert refused.value.__cause__ is None

    @pytest.mark.parametrize("seconds", ["0", "-1", "121", "nan", "inf"])
    def test_its_time_is_bounded(self, seconds: str) -> None:
        with pytest.raises(SettingsError, match="DATELINE_LLM_TIMEOUT"):
            load(environ={"DATELINE_LLM_TIMEOUT": seconds})


def test_the_data_folder_is_absolute(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert load().data_folder == elsewhere / "data"
    assert load({"data": "~/news"}).data_folder == Path("/somewhere/news")


def test_every_setting_is_explained() -> None:
    assert list(SETTINGS_HELP) == list(Settings.__struct_fields__)
    assert all(meaning.endswith(".") for meaning in SETTINGS_HELP.values())


def test_serve_takes_every_setting_as_a_flag() -> None:
    flags = {flag for option in cli.commands["serve"].params for flag in option.opts}
    assert {f"--{name.replace('_', '-')}" for name in SETTINGS_HELP} <= flags


def test_the_page_lists_every_setting_as_it_is() -> None:
    """What is missing below is what the page must say."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == list(map(_row, SETTINGS_HELP))


def _row(name: str) -> str:
    default = getattr(Settings(), name)
    flag = f"--{name.replace('_', '-')}" + ("" if isinstance(default, bool) else " …")
    line = f"{name} = {json.dumps('…' if default is None else default, ensure_ascii=False)}"
    shown = "none" if default is None else f"`{json.dumps(default).strip(chr(34))}`"
    return f"| `{flag}` | `DATELINE_{name.upper()}` | `{line}` | {shown} | {SETTINGS_HELP[name]} |"
