"""The program of ``olt adopt`` only declares applications, for any response of the platform."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from olt_provider.api.applications import Application, OAuth2Client
from olt_provider.api.errors import RequestError
from olt_provider.api.model import parse
from olt_provider.cli.adopt.discovery import Found, declared, refusal
from olt_provider.cli.adopt.program import literal, program
from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, Emulator
from tests.api import samples
from tests.cli.test_hostile_text import HOSTILE, require_safe

INJECTED: Final = "\nimport os\nos.system('x')\n"
odd = (
    st.text()
    | st.sampled_from(HOSTILE)
    | st.sampled_from([INJECTED, '"""', "'''", "{x}", "\\", "\\N{DIGIT ONE}", "\x0c", "\u2028#"])
    | st.tuples(st.text(max_size=4), st.just(INJECTED), st.text(max_size=4)).map("".join)
)
patient = settings(suppress_health_check=[HealthCheck.too_slow])


@st.composite
def responses(draw: st.DrawFn) -> dict[str, Any]:
    """Applications on the wire with any text in every text field, IDs included."""

    def one_of_ids() -> Any:
        return draw(st.uuids().map(str) | odd) if draw(st.integers(0, 9)) == 0 else samples.TENANT

    return samples.application(
        id=draw(st.uuids().map(str) | odd) if draw(st.booleans()) else samples.APPLICATION,
        name=draw(odd),
        teaserDescription=draw(odd),
        url=draw(odd | st.none()),
        redirectUris=draw(st.lists(odd, max_size=3)),
        withPublicOauth2Client=draw(st.booleans()),
        status=draw(st.sampled_from(["active", "inactive"])),
        tenantId=one_of_ids(),
        oauth2Client={"id": draw(odd) if draw(st.booleans()) else samples.CLIENT},
        allowedTenants=[
            {"tenantId": draw(st.uuids().map(str)), "comment": draw(odd), "installed": True}
            for _ in range(draw(st.integers(0, 3)))
        ],
    )


def require_declarations_only(source: str, applications: int) -> None:
    """The syntax tree holds imports, the configuration and declarations with literals, no more."""
    first, second, third, fourth, config, *rest = ast.parse(source).body
    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Constant)
    assert [ast.unparse(each).split(" import ")[0] for each in (second, third, fourth)] == [
        "from __future__",
        "import pulumi",
        "from olt_provider",
    ]
    assert ast.unparse(config) == "config = pulumi.Config()"
    made = [each for each in rest if not isinstance(each, ast.For)]
    assert len(made) == applications
    for each in made:
        assert isinstance(each, ast.Expr | ast.Assign)
        _require_application(each.value)
    for each in rest:
        if isinstance(each, ast.For):
            _require_installations(each)


def _require_application(call: ast.expr) -> None:
    assert isinstance(call, ast.Call)
    assert ast.unparse(call.func) == "OltApplication"
    for argument in call.args:
        ast.literal_eval(argument)
    for word in call.keywords:
        if word.arg != "adopt":
            ast.literal_eval(word.value)
            continue
        assert isinstance(word.value, ast.Call)
        assert ast.unparse(word.value.func) == "AdoptArgs"
        application_id, secret = word.value.args
        ast.literal_eval(application_id)
        assert isinstance(secret, ast.Call)
        assert ast.unparse(secret.func) == "config.get_secret"
        ast.literal_eval(secret.args[0])


def _require_installations(loop: ast.For) -> None:
    ast.literal_eval(loop.iter)
    (statement,) = loop.body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    assert ast.unparse(statement.value.func) == "OltInstallation"
    (name,) = statement.value.args
    assert isinstance(name, ast.JoinedStr)
    inserted = [each for each in name.values if isinstance(each, ast.FormattedValue)]
    assert [ast.unparse(each.value) for each in inserted] == ["tenant_id"]
    application_id, tenant_id = (word.value for word in statement.value.keywords)
    assert isinstance(application_id, ast.Attribute)
    assert isinstance(application_id.value, ast.Name)
    assert ast.unparse(tenant_id) == "tenant_id"


def _declared_in(source: str) -> list[dict[str, Any]]:
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    return [
        {
            word.arg: ast.literal_eval(word.value)
            for word in each.keywords
            if word.arg is not None and word.arg != "adopt"
        }
        for each in calls
        if ast.unparse(each.func) == "OltApplication"
    ]


@patient
@given(st.lists(responses(), max_size=3))
def test_any_response_gives_a_program_of_declarations_only(sent: list[dict[str, Any]]) -> None:
    read = []
    for each in sent:
        try:
            read.append(parse(Application, each, source="GET /x"))
        except RequestError:
            continue
    found = [
        Found(each, tuple(item.tenant_id for item in each.allowed_tenants), {}) for each in read
    ]
    source = program(found)
    require_declarations_only(source, len(found))
    require_safe(source)
    assert _declared_in(source) == [declared(each) for each in read]


@patient
@given(name=odd, ids=st.lists(odd, min_size=4, max_size=4), why=odd)
def test_no_text_escapes_its_place_even_where_the_model_did_not_check_it(
    name: str, ids: list[str], why: str
) -> None:
    application_id, tenant, client, installed = ids
    made = parse(Application, samples.application(), source="it").model_copy(
        update={
            "id": application_id,
            "name": name,
            "tenant_id": tenant,
            "oauth2_client": OAuth2Client.model_construct(id=client),
            "url": name,
        }
    )
    source = program([Found(made, (installed,), {installed: why, tenant: why})])
    require_declarations_only(source, 1)
    require_safe(source)
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    assert len(comments) == len({installed, tenant})
    assert all(each.startswith("# Also installed in ") for each in comments)


@patient
@given(st.recursive(odd, lambda inner: st.lists(inner) | st.dictionaries(odd, inner)))
def test_a_literal_is_its_value(value: Any) -> None:
    text = literal(value)
    assert ast.literal_eval(text) == value
    assert text.isprintable()


@pytest.mark.parametrize(
    ("wire", "property_"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t\n"}, "name"),
        ({"url": "/relative"}, "url"),
        ({"url": "example.com"}, "url"),
        ({"url": "https://a b"}, "url"),
        ({"redirectUris": ["https://*.example.com"]}, "redirect_uris"),
        ({"redirectUris": ["https://a.example", "callback"]}, "redirect_uris"),
        ({"redirectUris": [""]}, "redirect_uris"),
    ],
)
def test_application_that_the_provider_would_not_accept_is_refused(
    wire: dict[str, Any], property_: str
) -> None:
    made = parse(Application, samples.application(**wire), source="it")
    assert refusal(made).startswith(f"{property_}: ")


def test_every_wrong_property_of_a_refused_application_is_named() -> None:
    wire = samples.application(name=" ", url="x", redirectUris=["*"])
    why = refusal(parse(Application, wire, source="it"))
    assert [each.split(": ")[0] for each in why.split("; ") if ": " in each] == [
        "name",
        "redirect_uris",
        "url",
    ]


def test_refused_applications_are_named_and_the_others_declared(emulator: Emulator) -> None:
    """The emulator takes these, so that another platform may hold them too."""
    fine = emulator.platform.register(TENANT_A, name="fine")["id"]
    refused = [
        emulator.platform.register(TENANT_A, **odd)["id"]
        for odd in (
            {"name": "\x1c"},
            {"name": "b", "url": "https:///nowhere"},
            {"name": "c", "redirect_uris": ["x:?y"]},
        )
    ]
    result = CliRunner().invoke(app, ["adopt"])
    assert result.exit_code == 1
    assert _declared_in(result.stdout)[0]["name"] == "fine"
    assert len(_declared_in(result.stdout)) == 1
    named = [line for line in result.stderr.splitlines() if line.startswith("refused: ")]
    assert len(named) == 3
    for application_id in refused:
        assert sum(application_id in line for line in named) == 1
    found = json.loads(CliRunner().invoke(app, ["adopt", "--json"]).stdout)
    assert [each["id"] for each in found["applications"]] == [fine]
    assert {each["id"] for each in found["refused"]} == set(refused)
